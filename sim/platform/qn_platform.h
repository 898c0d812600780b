// SPDX-License-Identifier: Apache-2.0
// qn_platform.h: the system on chip as it would stand on a board, in SystemC: the Verilated rtl/soc/qn_soc.sv with its firmware, the SDRAM at
// its pins (sdram_part.h, which refuses what the data sheet forbids), its cells behind TLM-2.0, and the link's bytes as TLM-2.0 transactions.
//
//     qn_platform *p;
//     int err = qn_platform_open(&p, "ulx3s");                   // power-on
//     qn_platform_put(p, bytes, n);                              // from the host
//     while (!(n = qn_platform_get(p, bytes, sizeof bytes)))     // to the host
//         qn_platform_run(p, 1000);                              // clocks of the core
//     qn_platform_close(p);
//
// "ulx3s/usb": the bytes go over USB, packet by packet: rtl/usb's device at full speed, on its wires a host that enumerates it first (usb_host.h).
//
// SystemC has one simulation in a process, so one platform can be open at a time: QN_ERR_BUSY. One thread, always the same.
#ifndef QN_PLATFORM_H
#define QN_PLATFORM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qn_platform qn_platform;

// QN_ERR_NO_TARGET: there is no system of this target here. On error *out is NULL.
int qn_platform_open(qn_platform **out, const char *target);
void qn_platform_close(qn_platform *p);

void qn_platform_put(qn_platform *p, const uint8_t *bytes, size_t n);
size_t qn_platform_get(qn_platform *p, uint8_t *bytes, size_t room);

// Goes on until bytes for the host are there, at most so many clocks. QN_ERR_IO: the SDRAM was asked for what its data sheet forbids; the
// platform is dead, and qn_platform_why says what.
int qn_platform_run(qn_platform *p, uint32_t clocks);
const char *qn_platform_why(const qn_platform *p);
uint64_t qn_platform_clocks(const qn_platform *p);

// What the firmware wrote to its console since the last call, at most `room` - 1 bytes and a zero.
size_t qn_platform_console(qn_platform *p, char *text, size_t room);

// From now on one byte of the link in `one_in`, both ways, is lost or changed, and over USB one transaction meets a fault; 0: none. Bits of memory: flips bit `bit` of word `word`.
void qn_platform_disturb(qn_platform *p, uint32_t one_in, uint32_t seed);
void qn_platform_flip(qn_platform *p, uint32_t word, unsigned bit);

// Time as the board has it, by its own milliseconds. `hurry`: from now on each of them is so many clocks (0: as many as the target's clock says), so
// that what waits for milliseconds (the link's gap, the watchdog, a host's patience) is simulated in less time. Work then takes more of them, never fewer.
void qn_platform_hurry(qn_platform *p, uint32_t clocks);
uint64_t qn_platform_us(const qn_platform *p);

// What hangs something. `hold`: for so many clocks from now (0: lets go) memory grants nothing to the core, or no read to anybody. `patch`: the word of the
// CPU's ROM at this byte address reads as `insn`, until the CPU has started again.
enum { QN_PLATFORM_CORE = 1, QN_PLATFORM_READS = 2 };
void qn_platform_hold(qn_platform *p, unsigned what, uint64_t clocks);
void qn_platform_patch(qn_platform *p, uint32_t addr, uint32_t insn);

// Writes an FST trace from now on; QN_ERR_UNSUPPORTED where it was built without.
int qn_platform_waves(qn_platform *p, const char *path);

#ifdef __cplusplus
}
#endif

#endif
