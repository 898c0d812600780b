# SPDX-License-Identifier: Apache-2.0
# The firmware as a ROM: build/firmware/qn_boot_rom.sv; and the CPU's Verilog, from its package.

CPU_PACKAGE := pythondata-cpu-picorv32==1.0.post218
CPU_V       := build/cpu/picorv32.v
CPU_SUM     := 0836050971b3c6cdd28ac3b1e5719a67fb645161912bef1e472e63995ceb0622
RV_CC       ?= riscv64-unknown-elf-gcc
FW_APP      := $(filter-out %/main.c %/gen_known.c,$(wildcard firmware/app/*.c))
FW_SRC      := firmware/boot/start.S $(FW_APP) firmware/hal/soc.c firmware/app/main.c sim/model/qn_sample.c sim/model/qn_num.c
FW_FLAGS    := --specs=picolibc.specs -march=rv32im -mabi=ilp32 -Os -g -std=gnu11 $(WARN) -ffp-contract=off -fno-math-errno -ffunction-sections -fdata-sections -I. \
               -nostartfiles -Wl,--gc-sections -T firmware/boot/link.ld

# The package holds one file for us; its version is pinned, its sum is looked at
$(CPU_V): firmware/firmware.mk
	@mkdir -p build/cpu
	python3 -m venv build/cpu/venv
	build/cpu/venv/bin/pip install -q --disable-pip-version-check --no-deps $(CPU_PACKAGE)
	cp "$$(build/cpu/venv/bin/python -c 'import pythondata_cpu_picorv32 as p; print(p.data_location)')/picorv32.v" $@.new
	echo "$(CPU_SUM)  $@.new" | sha256sum -c --quiet
	mv $@.new $@

build/firmware/gen_known: firmware/app/gen_known.c rtl/spec/qn_isa.c rtl/spec/qn_isa.h $(wildcard rtl/spec/*.def)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) -I. -o $@ firmware/app/gen_known.c rtl/spec/qn_isa.c

build/firmware/known.h: build/firmware/gen_known
	$< > $@.new && mv $@.new $@

build/firmware/boot.elf: firmware/firmware.mk build/firmware/known.h $(FW_SRC) firmware/boot/link.ld $(wildcard firmware/*/*.h rtl/spec/*.def rtl/spec/*.h sim/model/qn_num.h sim/model/qn_sample.h compiler/back/qn_abi.h)
	@mkdir -p $(@D)
	$(RV_CC) $(FW_FLAGS) -o $@ $(FW_SRC)

build/firmware/boot.bin: build/firmware/boot.elf
	riscv64-unknown-elf-objcopy -O binary $< $@

build/firmware/qn_boot_rom.sv: build/firmware/boot.bin firmware/boot/rom.awk
	od -An -v -tx4 -w4 $< | awk -f firmware/boot/rom.awk > $@.new && mv $@.new $@

# The same source in its unit tests, with what it touches played by the test
build/tests/firmware/test_ddr: tests/firmware/test_ddr.c firmware/app/ddr.c firmware/hal/qn_ddr.h rtl/spec/ddr.def
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $(filter %.c,$^) -lcmocka -o $@
build/tests/firmware/test_firmware: tests/firmware/test_firmware.c $(FW_APP) build/firmware/known.h cli/sample.c build/san/libquern.a
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $< $(FW_APP) cli/sample.c build/san/libquern.a -lcmocka $(LIBS) -o $@
