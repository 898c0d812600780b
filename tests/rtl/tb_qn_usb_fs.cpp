// SPDX-License-Identifier: Apache-2.0
// tb_qn_usb_fs: full speed on the wires of rtl/usb/qn_usb_fs.sv, with the front door behind it, before a host that drives them bit by bit
// (sim/platform/usb_wire.h). The host's CRCs, bit stuffing and NRZI are judged first by packets that LUNA's test library encoded (data/usb).
// Then enumeration and every descriptor; the link: memory there and back, its pace; faults on the line, one transaction in 12: a spoilt token,
// data, answer or ACK, another device's traffic; everything must come through without the link sending anything again; reset and
// configuration while data toggles are odd. The host's clock is 0.25 % fast or slow of the device's. QN_SEED=n.
#include <fstream>
#include <iostream>
#include <sstream>

#include "Vtb_usb.h"
#include "verilated.h"

#include "sim/platform/usb_wire.h"
#include "tests/rtl/usb_bench.h"

enum { WINDOW_BYTES = 16384 };

static void judge_host(const char *path)
{
    std::ifstream f(path);
    std::string line, hex, want;
    int n = 0;
    while (std::getline(f, line)) {
        std::istringstream s(line);
        if (line.empty() || line[0] == '#' || !(s >> hex >> want))
            continue;
        usb_bytes packet;
        for (size_t i = 0; i + 1 < hex.size(); i += 2)
            packet.push_back((uint8_t)std::stoi(hex.substr(i, 2), nullptr, 16));
        usb_bytes made = packet.size() == 1 ? packet : (packet[0] & 3) == 1 ? usb_token((usb_pid)packet[0], (packet[1] | packet[2] << 8) & 0x7ff)
                                                                    : usb_data((usb_pid)packet[0], &packet[1], packet.size() - 3);
        if (made != packet || usb_line(packet) != want)
            usb_fail("%s: %s is encoded otherwise", path, hex.c_str());
        n++;
    }
    if (n < 100)
        usb_fail("%s: %d packets", path, n);
}

// Core at 66.5 MHz, the device's 48 and 12 MHz, the host's samples: whatever comes next
class board : public usb_wire {
public:
    Vtb_usb top;
    double core = 1e3 / 66.5, fast = 1e3 / 48, sample, time = 0, next_core = 1, next_fast = 2, next_sample = 3;
    unsigned phase = 0, hold = 0;
    uint64_t clocks = 0;
    bool drive = false, dp = true, dn = false;

    explicit board(double ppm) : sample(1e3 / 48 * (1 + ppm * 1e-6))
    {
        top.seed_i = 0x12345678;
        top.dp_i = 1;
        for (top.rst_ni = 0; time < 2000;)
            edge();
        top.rst_ni = 1;
    }
    bool attached() override { return top.pullup_o; }
    void resolve()
    {
        if (drive && top.oe_o)
            usb_fail("host and device drive at once");
        top.dp_i = drive ? dp : top.oe_o ? top.dp_o : top.pullup_o;
        top.dn_i = drive ? dn : top.oe_o && top.dn_o;
    }
    void edge()
    {
        if (next_core <= next_fast) {
            time = next_core;
            top.clk_i = !top.clk_i;
            if (top.clk_i) {
                clocks++;
                top.ms_i = clocks % 66500 == 0;
                top.seed_i++;
                top.hold_i = hold && clocks % 4096 < hold;
            }
            next_core += core / 2;
        } else {
            time = next_fast;
            phase = (phase + 1) % 8;
            top.usb_clk48_i = phase & 1;
            if (phase == 1)
                top.usb_clk_i = 1;
            if (phase == 5)
                top.usb_clk_i = 0;
            next_fast += fast / 2;
        }
        resolve();
        top.eval();
        resolve();
    }
    pins tick(bool d, bool p, bool n) override
    {
        drive = d;
        dp = p;
        dn = n;
        resolve();
        while (next_core < next_sample || next_fast < next_sample)
            edge();
        next_sample += sample;
        return {top.dp_i != 0, top.dn_i != 0};
    }
};

static void session(double ppm, int number)
{
    board b(ppm);
    usb_host host(b, QN_USB_OUT, QN_USB_IN);
    host.noise = usb_seed(number) | 1;
    host.enumerate();
    if (host.most() != QN_USB_FULL_BYTES || !b.top.active_o)
        usb_fail("not configured for packets of %d bytes", QN_USB_FULL_BYTES);
    if (number == 0)
        usb_check_descriptors(host, false, "ulx3s", "QN0001");

    usb_link link(host, 100, 7);
    uint32_t value = 0xcafe, words = WINDOW_BYTES / 4;
    double ns[2], moved = 1e9 * WINDOW_BYTES;
    link.reg(5, &value);
    if (link.reg(5) != value)
        usb_fail("a register");
    link.move(100, words, usb_seed(number), ns);
    printf("%+.0f ppm: out %.3f, in %.3f MB/s; answers after %.1f to %.1f bit times\n", ppm, moved / ns[0] / 1e6, moved / ns[1] / 1e6, b.soonest, b.slowest);
    if (moved / ns[0] < 1.0e6 || moved / ns[1] < 1.0e6)
        usb_fail("slower than it was");
    if (b.soonest < 2 || b.slowest > 11)         // USB 2.0, 7.1.18.1, wants 6.5; 8.7.2: hosts wait 16
        usb_fail("answers after %.2f to %.2f bit times", b.soonest, b.slowest);

    b.hold = 4090;                           // the door takes bytes more slowly than they come
    link.move(30000, words / 8, usb_seed(number + 1), ns);
    b.hold = 0;
    if (link.h.count.again)
        usb_fail("the link sent %u frames again where the line had no fault", link.h.count.again);

    host.one_in = 12;
    link.move(7, words / 2, usb_seed(number + 2), ns);
    link.move(9000, words / 2, usb_seed(number + 3), ns);
    for (int i = 0; i < 40; i++) {
        value = link.usb.noise;
        link.reg((uint32_t)i, &value);
        if (link.reg((uint32_t)i) != value)
            usb_fail("a register under faults");
    }
    if (link.h.count.again || link.h.count.sessions != 1)
        usb_fail("the link sent %u frames again: USB lost bytes", link.h.count.again);
    if (!host.count.faults || !host.count.again)
        usb_fail("no fault met");
    printf("%+.0f ppm: %llu faults, %llu transactions again, %llu NAKs, %llu frames of USB: nothing lost\n", ppm, (unsigned long long)host.count.faults,
           (unsigned long long)host.count.again, (unsigned long long)host.count.naks, (unsigned long long)host.count.frames);
    host.one_in = 0;

    // Another host comes: whatever the toggles were, both ends begin at DATA0 after reset, configuration and clearing a halt
    for (int how = 0; how < 6; how++) {
        value = (uint32_t)how;
        link.reg(9, &value);                 // an odd number of packets each way
        if (how % 3 == 0) host.enumerate();
        if (how % 3 == 1) host.configure(1);
        if (how % 3 == 2) host.clear_halt(false), host.clear_halt(true);
        uint32_t again = link.h.count.again;
        if (link.reg(9) != value || link.h.count.again != again)
            usb_fail("data toggles after %s", how % 3 == 0 ? "a reset" : how % 3 == 1 ? "a configuration" : "a halt that was cleared");
    }
    host.configure(0);
    if (b.top.active_o)
        usb_fail("configured, though it was taken back");
}

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    try {
        judge_host("tests/data/usb/packets.txt");
        session(2500, 0);
        session(-2500, 1);
    } catch (const usb_error &e) {
        std::cout << e.what() << "\n";
        return 1;
    }
    return 0;
}
