# SPDX-License-Identifier: Apache-2.0
soak: $(VL_LIB)          ## long random tests, not part of test: COUNT= programs (10000) from SEED=, tokenizer vectors
	@$(MAKE) --no-print-directory -s build/tests/system/test_rtl_exec build/tests/system/test_model_rtl
	@COUNT="$(COUNT)" SEED="$(SEED)" tests/system/soak_programs.sh
	@tests/compiler/soak_token.sh
	@QN_ALL=1 tests/rtl/test_ppa_tile.sh
	@QN_ALL=1 tests/rtl/test_sdr.sh
	@QN_ALL=1 tests/rtl/test_soc_faults.sh
	@$(MAKE) --no-print-directory -s build/tests/rtl/tb_qn_litedram && QN_ALL=1 tests/rtl/test_ddr_rtl.sh
	@$(MAKE) --no-print-directory -s build/tests/rtl/tb_qn_usb_fs && QN_ALL=1 tests/rtl/test_usb_rtl_faults.sh
	@$(MAKE) --no-print-directory -s build/quern build/tests/system/platform_link && TOKENS=64 tests/system/test_platform.sh
	@$(MAKE) --no-print-directory -s soak-platform
	@$(MAKE) --no-print-directory -s build/quern build/synth $(LITEDRAM_SIM) && QN_ALL=1 tests/system/test_ddr_boot.sh && tests/system/soak_ddr.sh
	@$(MAKE) --no-print-directory -s $(LITEDRAM) $(NEXTPNR) && tests/boards/soak_pads.sh
	@$(MAKE) --no-print-directory -s soak-link
	@$(MAKE) --no-print-directory -s soak-usb
	@$(MAKE) --no-print-directory -s soak-qemu

soak-link:               ## the link: four requests and three faults in a wide window, 1 GB over a bad line, planted faults
	@$(MAKE) --no-print-directory -s build/tests/driver/test_link_fuzz build/tests/driver/test_link_faulty build/tests/driver/test_link_model
	@QN_SOAK=1 build/tests/driver/test_link_fuzz
	@QN_SOAK=1 build/tests/driver/test_link_faulty
	@QN_SOAK=1 build/tests/driver/test_link_model
	@tests/driver/link_faults.sh

soak-usb:                ## USB: every kind of fault at every frame of a generation, 1 GB over a bad line, planted faults
	@$(MAKE) --no-print-directory -s build/tests/driver/test_usb_faults
	@QN_SOAK=1 build/tests/driver/test_usb_faults
	@tests/driver/usb_faults.sh

soak-platform:           ## the Verilated system behind the driver: every kind of fault at every frame of a generation, hangs at the board's own pace, planted faults: PARTS=
	@$(MAKE) --no-print-directory -s build/synth $(PLATFORM_TESTS)
	@QN_SOAK=1 tests/system/test_platform_faults.sh

netlist: setup           ## the core after synthesis and packing gives the RTL's bits and cycles: TARGET=tiny RUNS= SEED= MODEL= TOKENS= FAULTS=
	@$(MAKE) --no-print-directory -s -j$(JOBS) build/quern build/rtl/gen $(patsubst %,build/tests/system/%,test_rtl_exec test_model_rtl test_rtl_trap)
	@tests/boards/netlist.sh

soak-qemu:               ## USB: `quern` as it is before a real kernel's USB, vhci_hcd's in QEMU, planted faults
	@tools/setup.sh qemu-system-x86 busybox-static cpio libkmod2
	@$(MAKE) --no-print-directory -s build/quern build/qemu/usb_vhci build/qemu/guest
	@tests/driver/qemu_soak.sh
	@tests/driver/qemu_faults.sh
