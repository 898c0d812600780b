// SPDX-License-Identifier: Apache-2.0
// usb_bench.h: what both USB benches ask of a device behind a usb_host: its descriptors, what it must refuse, and the link through it.
#ifndef USB_BENCH_H
#define USB_BENCH_H

#include <cstdlib>
#include <cstring>

#include "sim/platform/usb_host.h"

extern "C" {
#include "driver/link/qn_link_host.h"
#include "rtl/spec/qn_usb_desc.h"
}

// The descriptors are those of the emulated board (tests/driver/usb_device.c): rtl/spec/qn_usb_desc.c makes both. Cut where the host asks for less.
inline void usb_check_descriptors(usb_host &host, bool high, const char *target, const char *serial)
{
    static const unsigned types[] = {QN_USB_DESC_DEVICE, QN_USB_DESC_CONFIG, QN_USB_DESC_STRING, QN_USB_DESC_QUALIFIER};
    static const uint16_t rooms[] = {2, 8, 9, 18, 63, 64, 65, 255};
    uint8_t want[QN_USB_DESC_BYTES];
    for (unsigned type : types)
        for (unsigned index : {0u, 1u, 2u, 3u, 4u, 5u, 0xeeu, 0xefu})
            for (uint16_t room : rooms) {
                size_t n = qn_usb_desc(want, type, index, high, target, serial);
                usb_bytes got = host.descriptor(type, index, room, n == 0);
                n = n < room ? n : room;
                if (got != usb_bytes(want, want + n))
                    usb_fail("descriptor %u %u, %u bytes asked for: %zu came, not those of usb.def", type, index, room, got.size());
            }
    host.descriptor(15, 0, 5, true);                             // BOS: not with USB 2.00
    for (uint16_t index : {4, 5})
        for (uint16_t room : {16, 40, 64, 146, 255}) {           // Windows asks for a head, then for all
            size_t n = qn_usb_desc(want, QN_USB_DESC_MS, index, high, target, serial);
            usb_bytes got = host.get(index == 4 ? 0xc0 : 0xc1, QN_USB_MS_CODE, 0, index, room);
            n = n < room ? n : room;
            if (got != usb_bytes(want, want + n))
                usb_fail("Microsoft's descriptor %u, %u bytes asked for: %zu came", index, room, got.size());
        }
    usb_bytes c = host.get(0x80, 8, 0, 0, 1), s = host.get(0x80, 0, 0, 0, 2);
    if (c != usb_bytes{1} || s != usb_bytes{0, 0})
        usb_fail("configuration or status");
    host.get(0xc0, 0x99, 0, 0, 4, true);                         // unknown requests are refused, and the next one works
    host.get(0x80, 0x30, 0, 0, 4, true);
    host.set(0x40, 0x98, 0, 0, true);
    host.descriptor(QN_USB_DESC_DEVICE, 0, 18);
}

class usb_link {
public:
    usb_host &usb;
    qn_link_host h;
    uint32_t timeout_ms;

    usb_link(usb_host &u, uint32_t ms, uint32_t salt) : usb(u), timeout_ms(ms)
    {
        qn_link_setup set = {};
        set.rx = rx;
        set.rx_bytes = sizeof rx;
        set.timeout_ms = ms;
        set.tries = 8;
        set.salt = salt;
        qn_link_host_init(&h, &set);
        qn_link_host_open(&h);
        ticked = u.phy.now();
    }
    void turn()
    {
        uint8_t frame[QN_LINK_FRAME_BYTES];
        while (usb.waiting() < 8192)
            if (size_t n = qn_link_host_next(&h, frame))
                usb.to_device.insert(usb.to_device.end(), frame, frame + n);
            else
                break;
        usb.turn();
        if (usb.short_packet || usb.from_device.size() >= 65536) {   // as libusb gives bytes: when a transfer is over
            usb_bytes b(usb.from_device.begin(), usb.from_device.end());
            usb.from_device.clear();
            qn_link_host_take(&h, b.data(), b.size());
            usb.short_packet = false;
        }
        uint32_t ms = (uint32_t)((usb.phy.now() - ticked) / 1e6);
        if (ms)
            qn_link_host_tick(&h, ms);
        ticked += 1e6 * ms;
    }
    void run(qn_link_op &op)
    {
        qn_link_host_submit(&h, &op);
        while (op.result == QN_LINK_PENDING)
            turn();
        if (op.result)
            usb_fail("the link: request %u ends with %d", op.type, op.result);
    }
    // Writes and reads back; nanoseconds of each
    void move(uint32_t addr, uint32_t words, uint32_t seed, double ns[2])
    {
        usb_bytes data(4 * (size_t)words), back(4 * (size_t)words);
        for (uint8_t &b : data) {
            seed = seed * 1664525 + 1013904223;
            b = seed >> 29 ? (uint8_t)(seed >> 24) : 0xff;       // rows of ones, which are stuffed
        }
        for (int way = 0; way < 2; way++) {
            qn_link_op op = {};
            op.type = way ? QN_LINK_READ : QN_LINK_WRITE;
            op.addr = addr;
            op.words = words;
            op.data = way ? back.data() : data.data();
            double start = usb.phy.now();
            run(op);
            ns[way] = usb.phy.now() - start;
        }
        if (data != back)
            usb_fail("what was written is not what is read");
    }
    uint32_t reg(uint32_t index, const uint32_t *value = nullptr)
    {
        qn_link_op op = {};
        op.type = value ? QN_LINK_REG_WRITE : QN_LINK_REG_READ;
        op.addr = index;
        op.value = value ? *value : 0;
        run(op);
        return op.value;
    }

private:
    uint8_t rx[QN_LINK_FRAME_BYTES];
    double ticked;
};

inline uint32_t usb_seed(int number)
{
    const char *s = getenv("QN_SEED");
    return (s ? (uint32_t)strtoul(s, nullptr, 0) : 1u) * 2654435761u + (uint32_t)number * 40503u + 1u;
}

#endif
