// SPDX-License-Identifier: Apache-2.0
// tb_qn_usb_ulpi: high speed: rtl/usb/qn_usb_ulpi.sv behind a ULPI PHY (sim/platform/usb_ulpi.h), with the front door behind it. Reset with its chirps,
// enumeration and every descriptor; the link, with faults on the line; a door that is slower than the bus, so that NAK, NYET and PING are met.
// QN_SEED=n.
#include <iostream>

#include "Vtb_usb.h"
#include "verilated.h"

#include "sim/platform/usb_ulpi.h"
#include "tests/rtl/usb_bench.h"

enum { WINDOW_BYTES = 131072 };

class board : public usb_ulpi {
public:
    Vtb_usb top;
    double core = 1e3 / 66.5, time = 0, next_core = 1, next_usb = 2;
    unsigned hold = 0;
    uint64_t clocks = 0;

    board()
    {
        top.seed_i = 0x12345678;
        top.rst_ni = 0;
        for (int i = 0; i < 40; i++)
            tick(false, false, 0);
        top.rst_ni = 1;
    }
    link tick(bool dir, bool nxt, uint8_t data) override
    {
        for (; next_core < next_usb; next_core += core / 2) {
            top.clk_i = !top.clk_i;
            if (top.clk_i) {
                clocks++;
                top.ms_i = clocks % 66500 == 0;
                top.seed_i++;
                top.hold_i = hold && clocks % 4096 < hold;
            }
            top.eval();
        }
        top.ulpi_dir_i = dir;
        top.ulpi_nxt_i = nxt;
        top.ulpi_data_i = data;
        top.eval();
        if (dir && top.ulpi_oe_o)
            usb_fail("device and PHY drive at once");
        link l = {dir ? (uint8_t)0 : top.ulpi_data_o, top.ulpi_stp_o != 0};
        top.usb_clk_i = 1;
        top.eval();
        top.usb_clk_i = 0;
        top.eval();
        next_usb += 1e3 / 60;
        return l;
    }
};

int main(int argc, char **argv)
{
    Verilated::commandArgs(argc, argv);
    try {
        board b;
        b.noise = usb_seed(0) | 1;
        usb_host host(b, QN_USB_OUT, QN_USB_IN);
        host.noise = usb_seed(1) | 1;
        host.enumerate();
        if (host.most() != QN_USB_HIGH_BYTES || !b.top.active_o)
            usb_fail("not configured for packets of %d bytes", QN_USB_HIGH_BYTES);
        usb_check_descriptors(host, true, "ulx3s", "QN0001");

        usb_link link(host, 100, 7);
        double ns[2], moved = 1e9 * WINDOW_BYTES;
        link.move(100, WINDOW_BYTES / 4, usb_seed(2), ns);
        printf("out %.1f, in %.1f MB/s; answers %u to %u clocks after a packet\n", moved / ns[0] / 1e6, moved / ns[1] / 1e6, b.soonest, b.slowest);
        if (moved / ns[0] < 42e6 || moved / ns[1] < 38e6)
            usb_fail("slower than it was");
        if (b.slowest > 14)                  // ULPI 1.1, table 5: the link decides within 14 clocks
            usb_fail("answers after %u clocks", b.slowest);
        b.hold = 3900;
        link.move(30000, WINDOW_BYTES / 16, usb_seed(3), ns);
        b.hold = 0;
        if (link.h.count.again)
            usb_fail("the link sent %u frames again where the line had no fault", link.h.count.again);
        host.one_in = 12;
        link.move(7, WINDOW_BYTES / 8, usb_seed(4), ns);
        if (link.h.count.again || link.h.count.sessions != 1 || !host.count.again)
            usb_fail("the link sent %u frames again, %llu transactions were", link.h.count.again, (unsigned long long)host.count.again);
        printf("%llu faults, %llu transactions again, %llu NAKs: nothing lost\n", (unsigned long long)host.count.faults, (unsigned long long)host.count.again,
               (unsigned long long)host.count.naks);
        host.one_in = 0;
        uint32_t value = 77, again = link.h.count.again;
        link.reg(9, &value);
        host.enumerate();
        if (link.reg(9) != value || link.h.count.again != again)
            usb_fail("after a reset");
    } catch (const usb_error &e) {
        std::cout << e.what() << "\n";
        return 1;
    }
    return 0;
}
