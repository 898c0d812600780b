# SPDX-License-Identifier: Apache-2.0
# The bench's device: WELCOME's words, the last first: four regions, name, serial, build, bells and registers, ID, -, window and data, versions
build/tests/rtl/tb_qn_door: VL += rtl/spec/qn_link_pkg.sv -GRegions=4 -GWho=768\'h00000003000000403fffffc000000002000000400000080000000001000000400001101000000003000100000000100000000000000000000000007333786c75123456789abcdef00000000700040010514e0001000000000200040400010001
build/tests/rtl/tb_qn_sweep: VL += rtl/spec/qn_link_pkg.sv
build/tests/rtl/tb_qn_uart: VL += -GClockHz=1600000 -GBaud=100000
