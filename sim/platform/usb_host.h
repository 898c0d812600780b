// SPDX-License-Identifier: Apache-2.0
// usb_host.h: a USB 2.0 host at the level of packets, for benches and the platform: tokens, data and handshakes with their CRCs, data toggles, what is
// sent again, control transfers, enumeration, bulk pipes. It speaks through a usb_phy: usb_wire.h (full speed, bit by bit on two wires) or
// usb_ulpi.h (high speed, a ULPI PHY and the bus behind it).
//
//     usb_host host(phy);
//     host.enumerate();                                        // throws usb_error, which says what the device did
//     host.to_device.insert(...);                              // bulk bytes; whole frames
//     host.turn();                                             // one transaction
//     ... host.from_device ...
//
// Faults on the line are its own: `one_in` transactions meet one of `usb_host::fault`, drawn; the device has to come through all of them.
// Calls block until what they do is over: time goes by in the phy.
#ifndef USB_HOST_H
#define USB_HOST_H

#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <stdexcept>
#include <vector>

struct usb_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

[[noreturn, gnu::format(printf, 1, 2)]] inline void usb_fail(const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    throw usb_error(text);
}

typedef std::vector<uint8_t> usb_bytes;

// Packet identifiers with their check (USB 2.0, table 8-1)
enum usb_pid : uint8_t { PID_OUT = 0xe1, PID_IN = 0x69, PID_SOF = 0xa5, PID_SETUP = 0x2d, PID_DATA0 = 0xc3, PID_DATA1 = 0x4b, PID_ACK = 0xd2, PID_NAK = 0x5a,
                         PID_STALL = 0x1e, PID_NYET = 0x96, PID_PING = 0xb4 };

// A packet is its bytes behind SYNC: PID, then address and CRC5, or data and CRC16, both sent lowest bit first
inline uint16_t usb_crc5(uint16_t eleven)
{
    unsigned crc = 0x1f;
    for (int i = 0; i < 11; i++)
        crc = ((crc ^ eleven >> i) & 1) ? crc >> 1 ^ 0x14 : crc >> 1;
    return (uint16_t)(crc ^ 0x1f);
}

inline uint16_t usb_crc16(const uint8_t *p, size_t n)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 8; k++)
            crc = ((crc ^ p[i] >> k) & 1) ? crc >> 1 ^ 0xa001 : crc >> 1;
    return (uint16_t)(crc ^ 0xffff);
}

inline usb_bytes usb_token(usb_pid pid, unsigned eleven)
{
    unsigned v = eleven | (unsigned)usb_crc5((uint16_t)eleven) << 11;
    return {pid, (uint8_t)v, (uint8_t)(v >> 8)};
}

inline usb_bytes usb_data(usb_pid pid, const uint8_t *p, size_t n)
{
    usb_bytes b = {pid};
    uint16_t crc = usb_crc16(p, n);
    b.insert(b.end(), p, p + n);
    b.push_back((uint8_t)crc);
    b.push_back((uint8_t)(crc >> 8));
    return b;
}

// The line below. Times in nanoseconds of the host's clock.
struct usb_phy {
    virtual ~usb_phy() {}
    virtual void reset() = 0;                                    // of the bus; throws where no device is there
    virtual void idle(double ns) = 0;
    virtual double now() const = 0;
    virtual void send(const usb_bytes &packet, int spoil) = 0;   // spoil: a bit time of it that is wrong, or -1
    virtual bool receive(usb_bytes &packet) = 0;                 // false: none began in time
    virtual bool high() const = 0;
};

class usb_host {
public:
    enum fault { TOKEN, DATA, REPLY, ACK, FOREIGN, FAULTS };

    usb_phy &phy;
    std::deque<uint8_t> to_device, from_device;
    uint32_t one_in = 0, noise = 1;          // faults
    struct {
        uint64_t out, in, naks, faults, again, transfers, zero, frames;
    } count = {};

    usb_host(usb_phy &p, uint8_t out, uint8_t in) : phy(p), ep_out(out), ep_in(in & 15) {}

    // ---- control transfers

    // A request with data to the host, at most `room` bytes; `stalled`: it must be refused
    usb_bytes get(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t room, bool stalled = false)
    {
        usb_bytes all;
        setup(type, request, value, index, room);
        bool toggle = true, over = room == 0;
        for (int waits = 0; !over;) {
            usb_bytes part;
            switch (in(0, toggle, part)) {
            case PID_DATA0:
                all.insert(all.end(), part.begin(), part.end());
                over = part.size() < 64 || all.size() >= room;
                if (part.size() > 64 || all.size() > room)
                    usb_fail("request %02x %04x: %zu bytes where %u were asked for", request, value, all.size(), room);
                break;
            case PID_STALL:
                if (!stalled)
                    usb_fail("request %02x %02x %04x %04x: refused", type, request, value, index);
                return {};
            default:
                if (++waits > 1000)
                    usb_fail("request %02x %04x: no data", request, value);
            }
        }
        if (stalled)
            usb_fail("request %02x %02x %04x %04x: answered", type, request, value, index);
        bool one = true;
        for (int waits = 0; out(0, one, nullptr, 0) != PID_ACK;)
            if (++waits > 1000)
                usb_fail("request %02x %04x: no end", request, value);
        return all;
    }
    // One without data
    void set(uint8_t type, uint8_t request, uint16_t value, uint16_t index, bool stalled = false)
    {
        setup(type, request, value, index, 0);
        bool toggle = true;
        usb_bytes none;
        for (int waits = 0; waits < 1000; waits++)
            switch (in(0, toggle, none)) {
            case PID_DATA0:
                if (!none.empty() || stalled)
                    usb_fail("request %02x %02x %04x: answered with %zu bytes", type, request, value, none.size());
                return;
            case PID_STALL:
                if (!stalled)
                    usb_fail("request %02x %02x %04x %04x: refused", type, request, value, index);
                return;
            default:
                break;
            }
        usb_fail("request %02x %04x: no end", request, value);
    }
    usb_bytes descriptor(unsigned type, unsigned index, uint16_t room, bool stalled = false)
    {
        return get(0x80, 6, (uint16_t)(type << 8 | index), type == 3 && index ? 0x0409 : 0, room, stalled);
    }

    // As operating systems do: reset, a first look, reset, address, device, configuration
    void enumerate()
    {
        phy.reset();
        address = 0;
        sof();
        usb_bytes first = descriptor(1, 0, 64);
        if (first.size() != 18)
            usb_fail("device descriptor of %zu bytes", first.size());
        phy.reset();
        sof();
        set(0x00, 5, 23, 0);
        address = 23;
        phy.idle(20000);
        descriptor(1, 0, 18);
        usb_bytes head = descriptor(2, 0, 9);
        usb_bytes config = descriptor(2, 0, (uint16_t)(head[2] | head[3] << 8));
        for (size_t at = 0; at + 7 <= config.size(); at += config[at] ? config[at] : 1)
            if (config[at + 1] == 5)
                packet = (size_t)(config[at + 4] | config[at + 5] << 8);
        configure(config[5]);
    }
    void configure(uint8_t number)
    {
        set(0x00, 9, number, 0);
        phy.idle(2000);
        toggle_out = toggle_in = false;
        pending.clear();
    }
    void clear_halt(bool in_way)
    {
        set(0x02, 1, 0, in_way ? (uint16_t)(0x80 | ep_in) : ep_out);
        (in_way ? toggle_in : toggle_out) = false;
    }

    // ---- bulk

    // One transaction: a packet to the device where there is one, every other time one from it; true: bytes moved
    bool turn()
    {
        sof();
        bool sends = !pending.empty() || !to_device.empty();
        way = !way;
        return (way && sends) ? send_packet() : receive_packet();
    }
    size_t most() const { return packet; }
    size_t waiting() const { return to_device.size() + pending.size(); }
    bool short_packet = false;               // the last one from the device ended a transfer

private:
    uint8_t ep_out, ep_in;
    uint8_t address = 0;
    size_t packet = 64;
    bool toggle_out = false, toggle_in = false, way = false, ping = false;
    bool lost = false;                       // an ACK was: another device's may come next, which is none for this one
    usb_bytes pending;                       // a packet that is not acknowledged
    double frame_at = -1;
    unsigned frame = 0;

    uint32_t draw(uint32_t below)
    {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        return (uint32_t)((uint64_t)noise * below >> 32);
    }
    int hit()
    {
        if (!one_in || (!lost && draw(one_in)))
            return -1;
        count.faults++;
        int kind = lost ? (int)FOREIGN : (int)draw(FAULTS);
        lost = kind == ACK && draw(2);
        return kind;
    }
    static int spoil(bool yes, size_t bytes, uint32_t r) { return yes ? (int)(8 + r % (uint32_t)(8 * bytes)) : -1; }

    // Start of frame when it is due: each millisecond, at high speed each eighth of it; nothing may be on the line then
    void sof()
    {
        double each = phy.high() ? 125000 : 1000000, longest = phy.high() ? 12000 : 60000;
        if (frame_at >= 0 && phy.now() + longest < frame_at + each)
            return;
        if (frame_at >= 0 && phy.now() < frame_at + each)
            phy.idle(frame_at + each - phy.now());
        frame_at = frame_at < 0 || phy.now() > frame_at + 2 * each ? phy.now() : frame_at + each;
        phy.send(usb_token(PID_SOF, (frame++ / (phy.high() ? 8 : 1)) & 0x7ff), -1);
        gap();
        count.frames++;
    }
    void gap() { phy.idle(phy.high() ? 200 : 250); }             // two bit times and more

    void token(usb_pid pid, unsigned ep, int fault)
    {
        if (fault == FOREIGN)
            foreign();
        phy.send(usb_token(pid, address | ep << 7), spoil(fault == TOKEN, 3, draw(1 << 16)));
    }
    // What another device's traffic looks like to this one: nothing of it may be taken
    void foreign()
    {
        uint8_t junk[13];
        for (uint8_t &b : junk)
            b = (uint8_t)draw(256);
        unsigned other = (address + 1u) % 128;
        if (draw(2)) {
            phy.send(usb_token(PID_OUT, other | 1u << 7), -1);
            gap();
            phy.send(usb_data(draw(2) ? PID_DATA0 : PID_DATA1, junk, sizeof junk), -1);
        } else {
            phy.send(usb_token(PID_IN, other | 1u << 7), -1);
            gap();
            phy.send({PID_ACK}, -1);
        }
        usb_bytes none;
        if (phy.receive(none))
            usb_fail("the device answers another's packet with %02x", none[0]);
        gap();
    }
    // The device's packet, 0: none or a spoilt one
    uint8_t answer(usb_bytes &p, int fault)
    {
        if (!phy.receive(p))
            return 0;
        uint8_t pid = p.empty() ? 0 : p[0];
        bool is_data = pid == PID_DATA0 || pid == PID_DATA1;
        if ((pid & 15) != (~pid >> 4 & 15) || (is_data ? p.size() < 3 : p.size() != 1))
            usb_fail("a packet of %zu bytes with PID %02x", p.size(), pid);
        if (is_data && usb_crc16(&p[1], p.size() - 3) != (p[p.size() - 2] | p[p.size() - 1] << 8))
            usb_fail("CRC16 of the device's packet of %zu bytes", p.size());
        return fault == REPLY ? 0 : pid;
    }
    // PID_DATA0: bytes came; PID_NAK: nothing, or a repetition; PID_STALL; 0: an error on the line
    uint8_t in(unsigned ep, bool &toggle, usb_bytes &data)
    {
        int fault = hit();
        usb_bytes p;
        token(PID_IN, ep, fault);
        uint8_t pid = answer(p, fault);
        data.clear();
        if (pid != PID_DATA0 && pid != PID_DATA1) {
            gap();
            if (pid != PID_NAK && pid != PID_STALL && pid != 0)
                usb_fail("IN is answered with %02x", pid);
            if (!pid && fault != TOKEN && fault != REPLY)
                usb_fail("IN of endpoint %u is not answered", ep);
            count.naks += pid == PID_NAK;
            count.again += pid == 0;
            return pid;
        }
        gap();
        phy.send({PID_ACK}, spoil(fault == ACK, 1, draw(1 << 16)));
        gap();
        if (pid != (toggle ? PID_DATA1 : PID_DATA0)) {           // the device did not hear the last ACK
            count.again++;
            return PID_NAK;
        }
        toggle = !toggle;
        data.assign(p.begin() + 1, p.end() - 2);
        return PID_DATA0;
    }
    // PID_ACK: it has them; PID_NAK; PID_STALL; 0: an error on the line
    uint8_t out(unsigned ep, bool &toggle, const uint8_t *data, size_t n, usb_pid kind = PID_OUT)
    {
        int fault = hit();
        usb_bytes p;
        token(kind, ep, fault);
        gap();
        phy.send(usb_data(toggle ? PID_DATA1 : PID_DATA0, data, n), spoil(fault == DATA, n + 3, draw(1 << 16)));
        uint8_t pid = answer(p, fault);
        gap();
        if (pid == PID_ACK || pid == PID_NYET)
            toggle = !toggle;
        else if (pid != PID_NAK && pid != PID_STALL && pid != 0)
            usb_fail("OUT is answered with %02x", pid);
        else if (!pid && fault != TOKEN && fault != DATA && fault != REPLY)
            usb_fail("OUT of endpoint %u is not answered", ep);
        count.naks += pid == PID_NAK;
        count.again += pid == 0;
        return pid == PID_NYET ? (uint8_t)PID_ACK : pid;
    }
    void setup(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length)
    {
        const uint8_t d[8] = {type, request, (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)index, (uint8_t)(index >> 8), (uint8_t)length, (uint8_t)(length >> 8)};
        sof();
        for (int tries = 0;; tries++) {
            bool toggle = false;
            uint8_t pid = out(0, toggle, d, 8, PID_SETUP);
            if (pid == PID_ACK)
                return;
            if (pid || tries > 1000)
                usb_fail("SETUP is answered with %02x", pid);
        }
    }
    bool send_packet()
    {
        if (pending.empty()) {
            size_t n = to_device.size() < packet ? to_device.size() : packet;
            pending.assign(to_device.begin(), to_device.begin() + (ptrdiff_t)n);
            to_device.erase(to_device.begin(), to_device.begin() + (ptrdiff_t)n);
        }
        if (phy.high() && ping) {            // USB 2.0, 8.5.1
            usb_bytes p;
            phy.send(usb_token(PID_PING, address | (unsigned)ep_out << 7), -1);
            uint8_t pid = answer(p, -1);
            gap();
            if (pid != PID_ACK && pid != PID_NAK)
                usb_fail("PING is answered with %02x", pid);
            ping = pid == PID_NAK;
            if (ping)
                return false;
        }
        uint8_t pid = out(ep_out, toggle_out, pending.data(), pending.size());
        if (pid == PID_STALL)
            usb_fail("endpoint OUT is halted");
        ping = pid == PID_NAK;
        if (pid != PID_ACK)
            return false;
        count.out += pending.size();
        pending.clear();
        return true;
    }
    bool receive_packet()
    {
        usb_bytes data;
        uint8_t pid = in(ep_in, toggle_in, data);
        if (pid == PID_STALL)
            usb_fail("endpoint IN is halted");
        if (pid != PID_DATA0)
            return false;
        if (data.size() > packet)
            usb_fail("a packet of %zu bytes", data.size());
        short_packet = data.size() < packet;
        count.transfers += short_packet;
        count.zero += data.empty();
        count.in += data.size();
        from_device.insert(from_device.end(), data.begin(), data.end());
        return true;
    }
};

#endif
