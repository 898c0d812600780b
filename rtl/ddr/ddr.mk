# SPDX-License-Identifier: Apache-2.0
# LiteDRAM's DDR3 controller as Verilog: build/ddr/qn_litedram.v for a board, build/ddr/qn_litedram_sim.v before LiteDRAM's model of a part.

DDR_PYTHON   := build/ddr/venv/bin/python
LITEDRAM     := build/ddr/qn_litedram.v
LITEDRAM_SIM := build/ddr/qn_litedram_sim.v

build/ddr/venv/ready: rtl/ddr/requirements.txt
	@mkdir -p $(@D)
	python3 -m venv build/ddr/venv
	build/ddr/venv/bin/pip install -q --disable-pip-version-check --no-deps --require-hashes -r $<
	touch $@

$(LITEDRAM): kind = board
$(LITEDRAM_SIM): kind = sim
$(LITEDRAM) $(LITEDRAM_SIM): rtl/ddr/gen_litedram.py rtl/spec/ddr.def build/ddr/venv/ready
	$(DDR_PYTHON) rtl/ddr/gen_litedram.py $(kind) build/ddr/$(kind) > $@.new 2> build/ddr/$(kind).log || { tail -3 build/ddr/$(kind).log; exit 1; }
	mv $@.new $@

build/tests/rtl/tb_qn_ddr: tests/rtl/ddr_bench.h

# The bench before LiteDRAM's own controller and its model of a part
build/tests/rtl/tb_qn_litedram: tests/rtl/tb_qn_litedram.cpp tests/rtl/ddr_bench.h tests/rtl/tb_ddr.sv rtl/ddr/qn_ddr.sv rtl/ctrl/qn_queue.sv rtl/ddr/litedram.vlt rtl/spec/ddr.def $(LITEDRAM_SIM) build/libquern.a $(VL_LIB)
	@mkdir -p build/tb/qn_litedram $(@D)
	+$(VL) --timescale 1ns/1ps rtl/ddr/litedram.vlt $(LITEDRAM_SIM) --top-module tb_ddr --Mdir build/tb/qn_litedram -o ../../tests/rtl/tb_qn_litedram tests/rtl/tb_ddr.sv $(abspath $<) \
	  $(abspath build/libquern.a $(VL_LIB)) -CFLAGS "-I$(CURDIR) -O2" -LDFLAGS "-lm" > build/tb/qn_litedram.log 2>&1 || { cat build/tb/qn_litedram.log; exit 1; }

# For test_boards and test_ddr_rtl
test-programs: $(LITEDRAM)
