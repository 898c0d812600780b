// SPDX-License-Identifier: Apache-2.0
// usb_ulpi.h: high speed behind a ULPI PHY (UTMI+ Low Pin Interface 1.1): the PHY's registers, RX CMDs, packets both ways at a byte a clock with pauses
// drawn, and the bus behind it: reset, the chirps that find out that both ends are fast (USB 2.0, 7.1.7.5). Who uses it moves 60 MHz on.
#ifndef USB_ULPI_H
#define USB_ULPI_H

#include "sim/platform/usb_host.h"

class usb_ulpi : public usb_phy {
public:
    unsigned slowest = 0, soonest = 99;      // clocks from the end of a packet to the device's transmit command
    uint32_t noise = 1;

    struct link {
        uint8_t data;
        bool stp;
    };
    // A clock: the PHY's outputs stand; then what the device's were before the edge
    virtual link tick(bool dir, bool nxt, uint8_t data) = 0;

    double now() const override { return (double)clocks * 1e3 / 60; }
    bool high() const override { return true; }
    void idle(double ns) override
    {
        for (double end = now() + ns; now() < end;)
            if (step())
                usb_fail("the device transmits what nobody asked for");
    }
    void reset() override
    {
        for (int i = 0; (reg[FUNCTION] & (TERM | 3)) != (TERM | 1); i++) {           // the pull-up of full speed
            step();
            if (i > 600000 && !(reg[FUNCTION] & 3) && !(reg[FUNCTION] & TERM))
                break;                                                               // at high speed already
        }
        if (reg[FUNCTION] & TERM)
            lines(J);
        idle(20000);
        lines(SE0);
        for (int i = 0; !step(); i++)
            if (i > 600000)
                usb_fail("no chirp within 10 ms of a reset");
        uint64_t began = clocks;
        if ((reg[FUNCTION] & MODE) != CHIRP || !raw)
            usb_fail("not a chirp: function control %02x", reg[FUNCTION]);
        while (sending)
            step();
        if (clocks - began < 60000 || clocks - began > 420000)
            usb_fail("a chirp of %.1f us", (double)(clocks - began) / 60);
        lines(SE0);
        idle(30000);
        for (int i = 0; i < 6; i++) {
            lines(K);
            idle(50000);
            lines(J);
            idle(50000);
        }
        lines(SE0);
        idle(50000);
        if (reg[FUNCTION] & (TERM | MODE | 3))
            usb_fail("not at high speed after the chirps: function control %02x", reg[FUNCTION]);
    }
    void send(const usb_bytes &packet, int spoil) override
    {
        while (state != IDLE || busy)
            step();
        step_out(true, true, 0);             // turn around, and a packet begins
        command(ACTIVE | 1);
        for (size_t i = 0; i < packet.size(); i++) {
            while (!draw(12))
                command(ACTIVE | 1);         // a stuffed bit was taken out
            step_out(true, true, packet[i] ^ (spoil >= 8 && (size_t)(spoil - 8) / 8 == i ? (uint8_t)(1 << spoil % 8) : (uint8_t)0));
        }
        if (draw(2))
            command(SE0);                    // or the bus is given back without one
        step_out(false, false, 0);
        ended = clocks;
    }
    bool receive(usb_bytes &packet) override
    {
        for (int i = 0; !step(); i++)
            if (i > 100)                     // 92 bytes' time and a little
                return false;
        unsigned delay = (unsigned)(clocks - ended);
        slowest = delay > slowest ? delay : slowest;
        soonest = delay < soonest ? delay : soonest;
        while (sending)
            step();
        packet = bytes;
        return true;
    }

private:
    enum { FUNCTION = 4, TERM = 4, MODE = 0x18, CHIRP = 0x10, ACTIVE = 0x10, SE0 = 0, J = 1, K = 2, VBUS = 0x0c };
    enum { IDLE, WRITE_COMMAND, WRITE_DATA, WRITE_STOP, READ_COMMAND, READ_TURN, READ_DATA, READ_BACK, SEND } state = IDLE;

    uint64_t clocks = 0, ended = 0;
    uint8_t reg[64] = {0x24, 0x04, 0x06, 0x00, 0x41};    // USB3300's identity; function control as after reset
    uint8_t at = 0;
    bool sending = false, raw = false, busy = false, nxt = false;
    usb_bytes bytes;

    uint32_t draw(uint32_t below)
    {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        return (uint32_t)((uint64_t)noise * below >> 32);
    }
    link step_out(bool dir, bool n, uint8_t data)
    {
        clocks++;
        return tick(dir, n, data);
    }
    void command(uint8_t what) { step_out(true, false, (uint8_t)(what | VBUS)); }
    void lines(uint8_t what)                 // tells of a change
    {
        while (state != IDLE || busy)
            step();
        step_out(true, false, 0);
        command(what);
        step_out(false, false, 0);
    }
    void store(uint8_t a, uint8_t v)
    {
        if (a >= 4 && a < 0x13) {            // a register has three places: write, set, clear
            uint8_t base = a < 0x16 ? (uint8_t)(4 + (a - 4) / 3 * 3) : a;
            reg[base] = a == base ? v : a == base + 1 ? reg[base] | v : (uint8_t)(reg[base] & ~v);
        } else {
            reg[a] = v;
        }
    }
    // A clock in which the bus is quiet, serving what the device asks of the PHY; true: it began to transmit
    bool step()
    {
        bool dir = state == READ_DATA || state == READ_TURN;
        link l = step_out(dir, nxt, state == READ_DATA ? reg[at] : 0);
        bool took = nxt, began = false;
        nxt = false;
        busy = !dir && l.data != 0;
        switch (state) {
        case IDLE:
            if (dir || !l.data)
                break;
            at = l.data & 0x3f;
            if (l.data >> 6 == 2 || l.data >> 6 == 3) {
                state = l.data >> 6 == 2 ? WRITE_COMMAND : READ_COMMAND;
                nxt = true;
            } else if (l.data >> 6 == 1) {
                state = SEND;
                nxt = true;
                sending = began = true;
                raw = at == 0;
                bytes.clear();
            } else {
                usb_fail("the device puts %02x on the PHY's idle bus", l.data);
            }
            break;
        case WRITE_COMMAND:
            state = WRITE_DATA;
            nxt = true;
            break;
        case WRITE_DATA:
            store(at, l.data);
            state = WRITE_STOP;
            break;
        case WRITE_STOP:
            if (!l.stp)
                usb_fail("a register write without its end");
            state = IDLE;
            break;
        case READ_COMMAND:
            state = READ_TURN;
            break;
        case READ_TURN:
            state = READ_DATA;
            break;
        case READ_DATA:
            state = READ_BACK;
            break;
        case READ_BACK:
            state = IDLE;
            break;
        case SEND:
            if (l.stp) {
                state = IDLE;
                sending = busy = false;
                break;
            }
            if (took)
                bytes.push_back(bytes.empty() && !raw ? (uint8_t)((l.data & 15) | (~l.data & 15) << 4) : l.data);
            if (raw)
                bytes.clear();
            nxt = draw(8) != 0;
            break;
        }
        return began;
    }
};

#endif
