// SPDX-License-Identifier: Apache-2.0
// qn_exec_check.h: what the units look at before an instruction has an effect. Each returns QN_TRAP_NONE or a cause, and then the
// value for TRAP_ADDR. Windows, and the buffer addresses of LOADV and STORE, are looked at run by run and element by element instead
// (qn_exec_check does both).
#ifndef QN_EXEC_CHECK_H
#define QN_EXEC_CHECK_H

#include "sim/model/qn_seq.h"

unsigned qn_check_load(const qn_target *t, const qn_entry *e, uint32_t *addr);
unsigned qn_check_gemm(const qn_target *t, const qn_entry *e, uint32_t *addr);
unsigned qn_check_vector(const qn_target *t, const qn_entry *e, uint32_t *addr);
unsigned qn_check_store(const qn_entry *e, uint32_t *addr);

#endif
