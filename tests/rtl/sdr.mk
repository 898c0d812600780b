# SPDX-License-Identifier: Apache-2.0
build/tests/rtl/tb_qn_sdr: tests/rtl/sdram_part.h
