# SPDX-License-Identifier: Apache-2.0
build/tests/rtl/tb_qn_sdr: sim/platform/sdram_part.h
