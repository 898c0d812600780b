# SPDX-License-Identifier: Apache-2.0
# Quern. `make` lists the targets; everything built or downloaded goes below build/.

MODEL  ?= models/quern-stories.gguf
PROMPT ?= Once upon a time
TOKENS ?= 64
DEVICE ?= rtl:ulx3s
JOBS   ?= 2
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache

CC     ?= cc
CXX    ?= c++
WARN   := -Wall -Wextra -Wpedantic -Werror
CFLAGS ?= -O2 -g
BASE   := -std=gnu11 $(WARN) -ffp-contract=off -fno-math-errno -I. -MMD -MP
# Without tracking of variables: it takes nine tenths of the time of a test with many small functions inlined (test_exec, test_verify)
SAN    := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g -fno-var-tracking

LIB_SRC := $(wildcard driver/*.c driver/*/*.c rtl/spec/qn_*.c sim/model/*.c compiler/*/*.c cpu/*.c) \
           firmware/app/generate.c firmware/app/greatest.c
CLI_SRC := $(wildcard cli/*.c)
LIB_OBJ := $(LIB_SRC:%.c=build/obj/%.o)
SAN_OBJ := $(LIB_SRC:%.c=build/san/%.o)
CLI_OBJ := $(CLI_SRC:%.c=build/obj/%.o)
LIBS    := -ljansson -lm -lpthread -lz
USB_LIBS := -lusb-1.0
VL_LIB   := build/tb/verilated.a

.PHONY: help all run test lint prove bench spec sim soak soak-link soak-usb soak-platform netlist soak-qemu waves setup clean
help:                    ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

include $(wildcard */*.mk */*/*.mk)

setup:                   ## install what is missing (packages of Debian; sudo when not root)
	@tools/setup.sh

all: setup               ## build/quern, with the Verilated core of every target
	@$(MAKE) --no-print-directory -j$(JOBS) build/quern

run: setup               ## compile the embedded model and run it on the RTL: MODEL= PROMPT= TOKENS= DEVICE=
	@$(MAKE) --no-print-directory -s -j$(JOBS) build/quern
	@build/quern run "$(MODEL)" -p "$(PROMPT)" -n $(TOKENS) --device $(DEVICE)

test: setup              ## everything that needs no hardware; T=name runs one test
	@$(MAKE) --no-print-directory -s -j$(JOBS) $(if $(T),,small-board) build/quern build/synth test-programs $(NEXTPNR)
	@T="$(T)" JOBS=$(JOBS) tools/run-tests.sh

lint: setup              ## the RTL in three tools' eyes, and nothing generated is stale
	@$(MAKE) --no-print-directory -s build/rtl/gen build/rtl/gen_link build/cpu/picorv32.v build/firmware/qn_boot_rom.sv $(LUNA_FS) $(LUNA_HS)
	tests/rtl/test_dialect.sh && tests/rtl/test_gen.sh && tests/rtl/test_func_table.sh

sim: setup $(RTL_LIB)    ## the Verilated cores

waves: setup             ## a trace of one token on the RTL: build/waves.fst (MODEL= PROMPT=)
	@$(MAKE) --no-print-directory -s build/quern-waves
	build/quern-waves run "$(MODEL)" -p "$(PROMPT)" -n 1 --device rtl:ulx3s --waves build/waves.fst

bench: setup             ## measure the README's table; kept in bench/figures.md
	@$(MAKE) --no-print-directory -s build/quern build/synth
	@bench/bench.sh | tee bench/figures.md

clean:                   ## remove build/
	rm -rf build

# Objects, plain and sanitized
build/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -c $< -o $@
build/san/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -c $< -o $@
build/obj/sim/model/%.o build/obj/cpu/%.o: CFLAGS := -O3 -g
build/san/sim/model/%.o build/san/cpu/%.o: SAN += -O2

build/libquern.a: $(LIB_OBJ)
	@rm -f $@ && ar rcs $@ $^
build/san/libquern.a: $(SAN_OBJ)
	@rm -f $@ && ar rcs $@ $^

# RTL_LIB is what sim/rtl/rtl.mk builds: the Verilated cores behind a C interface
build/quern: $(CLI_OBJ) build/libquern.a $(RTL_LIB) $(PLATFORM_LIB)
	$(CXX) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LIBS) $(RTL_LIBS) $(PLATFORM_LIBS) $(USB_LIBS)

# Tests: C programs with sanitizers, Verilator benches, scripts
TEST_C   := $(wildcard tests/*/test_*.c)
TEST_TB  := $(wildcard tests/rtl/tb_*.cpp)
TEST_BIN := $(TEST_C:tests/%.c=build/tests/%) $(TEST_TB:tests/rtl/%.cpp=build/tests/rtl/%)
RTL_SV   := $(wildcard rtl/*.sv rtl/*/*.sv)
RTL_Y    := $(sort $(dir $(RTL_SV)))
# One file for a model, not one for each part of it: every file reads Verilator's headers, a second each
VL       := verilator -Wall --assert --cc --exe --build -O3 --x-assign unique --x-initial unique -MAKEFLAGS "VM_GLOBAL_FAST= VM_PARALLEL_BUILDS=0 OPT_FAST=-O1" $(RTL_Y:%=-y %) rtl/spec/qn_isa_pkg.sv

test-programs: $(TEST_BIN) $(PLATFORM_TESTS)

# A test that needs the Verilated cores lies in tests/system and is linked without sanitizers' restrictions on them
build/tests/system/test_%: tests/system/test_%.c build/san/libquern.a $(RTL_LIB)
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -c $< -o $@.o
	$(CXX) $(SAN) -o $@ $@.o -Wl,--start-group build/san/libquern.a $(RTL_LIB) -Wl,--end-group -lcmocka $(LIBS) $(RTL_LIBS)
build/tests/test_% build/tests/%: tests/%.c build/san/libquern.a
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) $< build/san/libquern.a -lcmocka $(LIBS) -o $@
# Verilator's own part of a bench is compiled once, for every bench of this file and of tests/rtl/*.sh: 6 s of CPU each
$(VL_LIB): V = $(shell verilator --getenv VERILATOR_ROOT)/include
$(VL_LIB):
	@mkdir -p $(@D)
	for f in verilated verilated_threads; do $(CXX) -std=gnu++17 -faligned-new -Os -I$V -I$V/vltstd -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=0 -c $V/$$f.cpp -o build/tb/$$f.o || exit; done
	ar rcs $@ build/tb/verilated.o build/tb/verilated_threads.o
build/tests/rtl/tb_%: tests/rtl/tb_%.cpp $(RTL_SV) build/libquern.a $(VL_LIB)
	@mkdir -p build/tb/$* $(@D)
	+$(VL) --top-module $* --Mdir build/tb/$* -o ../../tests/rtl/tb_$* $(wildcard rtl/*/$*.sv rtl/$*.sv) $(abspath $<) \
	  $(abspath build/libquern.a $(VL_LIB)) -CFLAGS "-I$(CURDIR) -O2" -LDFLAGS "-lm" > build/tb/$*.log 2>&1 || { cat build/tb/$*.log; exit 1; }

-include $(LIB_OBJ:.o=.d) $(SAN_OBJ:.o=.d) $(CLI_OBJ:.o=.d)

build/synth: bench/synth.c build/libquern.a
	$(CC) $(BASE) $(CFLAGS) $^ $(LIBS) -o $@
