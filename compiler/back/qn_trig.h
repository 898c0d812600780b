// SPDX-License-Identifier: Apache-2.0
// qn_trig.h: cosines and sines of rotary embedding, from IEEE additions and multiplications alone, so that tables are the same on every
// machine (libm's are not: its results depend on the presence of fused multiply-add). Error below 1e-12 for positions up to 2^20.
#ifndef QN_TRIG_H
#define QN_TRIG_H

// The angle of pair i at position pos: pos * base^(-2 i / n). RoFormer, arXiv:2104.09864.
void qn_trig_rope(unsigned pos, unsigned i, unsigned n, float base, float *c, float *s);

#endif
