// SPDX-License-Identifier: Apache-2.0
// The bench of qn_vector with the parameters of target mini; vector.mk passes the same to Verilator.
enum { LANES = 4, FUNCS = 1, DEQUANTS = 2, ROWS = 8, VB = 16384 };
#define LANES LANES
#include "tests/rtl/tb_qn_vector.cpp"
