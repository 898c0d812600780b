// SPDX-License-Identifier: Apache-2.0
// qn_uart: bytes there and back by their times on the wires: senders 3 % fast and slow, pauses of any length, short spikes; frames leave
// whole, console bytes between them and in order; the wire's bits have their length. QN_SEED=n.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "Vqn_uart.h"
#include "verilated.h"

#define CHECK(x, ...) do { if (!(x)) { printf("%s: ", #x); printf(__VA_ARGS__); printf("\n"); std::exit(1); } } while (0)

static uint32_t draw(uint32_t below)
{
    static uint32_t rng = getenv("QN_SEED") ? (uint32_t)atoi(getenv("QN_SEED")) : 1;
    rng ^= rng << 13;
    rng ^= rng >> 17;
    rng ^= rng << 5;
    return (uint32_t)((uint64_t)rng * below >> 32);
}

int main()
{
    enum { BIT = 16, BYTES = 3000 };         // tests/rtl/soc.mk: 1.6 MHz, 100,000 baud
    static Vqn_uart top;
    printf("seed %s\n", getenv("QN_SEED") ? getenv("QN_SEED") : "1");
    auto edge = [&] {
        top.clk_i = 1;
        top.eval();
        top.clk_i = 0;
        top.eval();
    };
    top.rx_i = 1;
    top.rst_ni = 0;
    edge();
    edge();
    top.rst_ni = 1;

    // The host's end, in clocks as real numbers
    double start = -1, length = BIT;
    uint8_t byte = 0;
    uint32_t pause = 50, sent = 0, got = 0, spike = 0;
    std::deque<uint8_t> expected;

    // The door's end
    std::deque<uint8_t> frames, console, want_frames;
    uint32_t in_frame = 0, frame_left = 0;
    int wire = -1;                           // clocks since the start bit's edge
    uint8_t wire_byte = 0;
    uint32_t out_bytes = 0, lazy = 4;        // clocks until the next byte of a frame
    for (uint64_t now = 0; got < BYTES || out_bytes < BYTES; now++) {
        CHECK(now < 4000000, "no end: %u in, %u out", got, out_bytes);
        // Wire to the device
        if (start < 0 && pause && --pause == 0 && sent < BYTES) {
            start = (double)now;
            length = BIT * (0.97 + 0.0001 * draw(601));
            byte = (uint8_t)draw(256);
            expected.push_back(byte);
            sent++;
        }
        top.rx_i = 1;
        if (start >= 0) {
            int k = (int)(((double)now - start) / length);
            if (k >= 10) {
                start = -1;
                pause = 1 + (draw(3) ? draw(3) : draw(200));
                spike = draw(10) == 0 && pause > 60 ? 5 : 0;
            } else {
                top.rx_i = k == 0 ? 0 : k == 9 ? 1 : byte >> (k - 1) & 1;
            }
        } else if (spike && pause > 40) {
            top.rx_i = 0;
            spike--;
        }
        top.in_ready_i = draw(4) > 0;
        // Frames and console bytes to send
        if (!frame_left && draw(100) == 0) {
            frame_left = 1 + draw(20);
            in_frame = frame_left;
        }
        top.out_valid_i = frame_left && (top.out_valid_i || draw(lazy) == 0);
        if (top.out_valid_i && frames.empty())
            frames.push_back((uint8_t)draw(256));
        top.out_data_i = frames.empty() ? 0 : frames.front();
        top.out_last_i = frame_left == 1;
        if (console.empty() && draw(300) == 0)
            console.push_back((uint8_t)draw(256));
        top.console_valid_i = !console.empty();
        top.console_data_i = console.empty() ? 0 : console.front();
        top.eval();
        CHECK(!(top.out_valid_i && top.out_ready_o && top.console_valid_i && top.console_ready_o), "both taken");
        if (top.in_valid_o && top.in_ready_i) {
            CHECK(!expected.empty() && top.in_data_o == expected.front(), "byte %u is %02x, want %02x", got, top.in_data_o, expected.empty() ? 0 : expected.front());
            expected.pop_front();
            got++;
        }
        bool frame_byte = top.out_valid_i && top.out_ready_o, console_byte = top.console_valid_i && top.console_ready_o;
        CHECK(!console_byte || frame_left == 0 || frame_left == in_frame, "a console byte within a frame");
        if (frame_byte) {
            want_frames.push_back(frames.front());
            frames.pop_front();
            frame_left--;
            lazy = draw(3) ? 4 : 400;
        }
        if (console_byte) {
            want_frames.push_back(console.front());
            console.pop_front();
        }
        // Wire from the device
        if (wire < 0 && !top.tx_o)
            wire = 0;
        if (wire >= 0) {
            if (wire % BIT == BIT / 2) {
                int k = wire / BIT;
                if (k == 0) CHECK(!top.tx_o, "start bit");
                else if (k < 9) wire_byte = (uint8_t)(wire_byte >> 1 | top.tx_o << 7);
                else {
                    CHECK(top.tx_o, "stop bit");
                    CHECK(!want_frames.empty() && want_frames.front() == wire_byte, "byte %u on the wire", out_bytes);
                    want_frames.pop_front();
                    out_bytes++;
                    wire = -2;
                }
            }
            wire = wire == -2 ? -1 : wire + 1;
        }
        edge();
        if (frame_byte)
            top.out_valid_i = 0;
    }
    return 0;
}
