// SPDX-License-Identifier: Apache-2.0
// usb_wire.h: full speed on two wires, bit by bit: SYNC, bit stuffing, NRZI, end of packet (USB 2.0, 7.1). Four samples a bit; who uses it moves time.
#ifndef USB_WIRE_H
#define USB_WIRE_H

#include <string>

#include "sim/platform/usb_host.h"

// A packet as states of the line, a letter a bit: K, J, and _ for both low
inline std::string usb_line(const usb_bytes &packet)
{
    std::string line;
    char state = 'J';
    int ones = 0;
    auto bit = [&](int b) {
        ones = b ? ones + 1 : 0;
        if (!b)
            state = state == 'J' ? 'K' : 'J';
        line += state;
    };
    auto stuffed = [&](int b) {
        bit(b);
        if (ones == 6)
            bit(0);
    };
    for (int i = 0; i < 8; i++)
        bit(i == 7);
    for (uint8_t byte : packet)
        for (int i = 0; i < 8; i++)
            stuffed(byte >> i & 1);
    return line + "__J";
}

class usb_wire : public usb_phy {
public:
    double slowest = 0;                      // bit times from the end of a packet to the device's answer
    double soonest = 99;

    // A quarter of a bit goes by: drives the wires (or lets go of them), then sees what they are
    struct pins {
        bool dp, dn;
    };
    virtual pins tick(bool drive, bool dp, bool dn) = 0;
    virtual bool attached() = 0;             // the pull-up is on

    double now() const override { return (double)ticks * 1e3 / 48; }
    bool high() const override { return false; }
    void idle(double ns) override
    {
        for (double end = now() + ns; now() < end;)
            if (look(false, true, false) != 'J')
                usb_fail("the device drives a line that is not its own");
    }
    void reset() override
    {
        for (int i = 0; !attached(); i++) {
            step(false, false, false);
            if (i > 480000)
                usb_fail("no pull-up");
        }
        for (int i = 0; i < 4800; i++)       // 100 us instead of 10 ms
            step(true, false, false);
        idle(50000);
    }
    void send(const usb_bytes &packet, int spoil) override
    {
        std::string line = usb_line(packet);
        if (spoil >= 0)
            line[(size_t)spoil % (line.size() - 3)] ^= 'J' ^ 'K';
        for (char c : line)
            for (int k = 0; k < 4; k++)
                step(true, c == 'J', c == 'K');
        ended = ticks;
    }
    // Waits 18 bit times; then reads what comes, strictly: the device's line has no faults
    bool receive(usb_bytes &packet) override
    {
        char c = 'J';
        for (int i = 0; i < 4 * 18 && c == 'J'; i++)
            c = look(false, true, false);
        if (c == 'J')
            return false;
        double delay = (double)(ticks - 1 - ended) / 4 + 1;      // the J of its end is the first bit
        slowest = delay > slowest ? delay : slowest;
        soonest = delay < soonest ? delay : soonest;
        // Bits by the lengths of what stays the same
        std::string bits;
        uint64_t since = ticks - 1;
        char state = c;
        for (;;) {
            c = look(false, true, false);
            if (c == state && ticks - 1 - since < 4 * 12)
                continue;
            uint64_t n = (ticks - 1 - since + 2) / 4;
            if (state == '_') {
                if (c != 'J' || n < 1 || n > 3)
                    usb_fail("end of packet: %u bits of SE0, then %c", (unsigned)n, c);
                break;
            }
            if (n > 7 || n == 0)
                usb_fail("%u bits without a change", (unsigned)n);
            bits += '0';
            bits.append((size_t)n - 1, '1');
            state = c;
            since = ticks - 1;
        }
        idle(84);
        return decode(bits, packet);
    }

private:
    uint64_t ticks = 0, ended = 0;

    void step(bool drive, bool dp, bool dn)
    {
        tick(drive, dp, dn);
        ticks++;
    }
    char look(bool drive, bool dp, bool dn)
    {
        pins p = tick(drive, dp, dn);
        ticks++;
        if (p.dp && p.dn)
            usb_fail("both wires are high");
        return p.dp ? 'J' : p.dn ? 'K' : '_';
    }
    static bool decode(const std::string &bits, usb_bytes &packet)
    {
        if (bits.compare(0, 8, "00000001") != 0)
            usb_fail("SYNC is %.8s", bits.c_str());
        packet.clear();
        int ones = 1, n = 0;
        uint8_t byte = 0;
        for (size_t i = 8; i < bits.size(); i++) {
            if (ones == 6) {
                if (bits[i] != '0')
                    usb_fail("a stuffed bit is missing");
                ones = 0;
                continue;
            }
            ones = bits[i] == '1' ? ones + 1 : 0;
            byte = (uint8_t)(byte >> 1 | (bits[i] == '1') << 7);
            if (++n == 8) {
                packet.push_back(byte);
                n = 0;
            }
        }
        if (n)
            usb_fail("%d bits beyond the last byte", n);
        return true;
    }
};

#endif
