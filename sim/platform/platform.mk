# SPDX-License-Identifier: Apache-2.0
# The platform behind sim/platform/qn_platform.h: build/platform/libqn_platform.a, which needs SystemC (libsystemc-dev) and the Verilated runtime of libqn_rtl.a.

PLATFORM_LIB  := build/platform/libqn_platform.a
PLATFORM_LIBS := -lsystemc
PLATFORM_V     = $(shell verilator --getenv VERILATOR_ROOT)/include

build/platform/ulx3s/Vqn_soc_ulx3s__ALL.a: $(wildcard rtl/*.sv rtl/*/*.sv) rtl/soc/picorv32.vlt sim/platform/knobs.vlt build/rtl/gen build/firmware/qn_boot_rom.sv build/cpu/picorv32.v
	@mkdir -p $(@D)
	verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wall --timescale 1ns/1ps --top-module qn_soc --prefix Vqn_soc_ulx3s --Mdir $(@D) \
	  $$(build/rtl/gen --target ulx3s) $(RTL_Y:%=-y %) -y build/firmware rtl/soc/picorv32.vlt sim/platform/knobs.vlt rtl/spec/qn_isa_pkg.sv \
	  rtl/spec/qn_link_pkg.sv build/cpu/picorv32.v rtl/soc/qn_soc.sv
	$(MAKE) -s -C $(@D) -f Vqn_soc_ulx3s.mk OPT_FAST="-O3 $$(grep -qw avx2 /proc/cpuinfo && echo -march=x86-64-v3)" OPT_SLOW=-O0 $(@F) > $(@D)/make.log

build/platform/usb/Vqn_usb_fs__ALL.a: $(wildcard rtl/usb/*.sv) rtl/mem/qn_async_fifo.sv rtl/usb/luna.vlt $(LUNA_FS)
	@mkdir -p $(@D)
	verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wall --timescale 1ns/1ps --top-module qn_usb_fs --Mdir $(@D) $(RTL_Y:%=-y %) rtl/usb/luna.vlt $(LUNA_FS) \
	  rtl/usb/qn_usb_fs.sv
	$(MAKE) -s -C $(@D) -f Vqn_usb_fs.mk OPT_FAST=-O3 OPT_SLOW=-O0 $(@F) > $(@D)/make.log

$(PLATFORM_LIB): build/platform/ulx3s/Vqn_soc_ulx3s__ALL.a build/platform/usb/Vqn_usb_fs__ALL.a sim/platform/qn_platform.cpp sim/platform/qn_platform.h sim/platform/sdram_part.h sim/platform/usb_host.h sim/platform/usb_wire.h
	$(CXX) -std=c++17 -O3 -Wall -Wextra -I. -I$(<D) -Ibuild/platform/usb -isystem $(PLATFORM_V) -isystem $(PLATFORM_V)/vltstd -DVM_TRACE=0 -c sim/platform/qn_platform.cpp -o $(@D)/qn_platform.o
	cp $< $@.new
	ar qs $@.new build/platform/usb/Vqn_usb_fs__ALL.o $(@D)/qn_platform.o
	mv $@.new $@

PLATFORM_TESTS := build/tests/system/platform_link build/tests/system/platform_faults build/tests/system/platform_hang
build/tests/system/platform_faults build/tests/system/platform_hang: tests/system/platform_bed.h
$(PLATFORM_TESTS): build/tests/system/%: tests/system/%.c build/libquern.a $(PLATFORM_LIB) build/rtl/libqn_rtl.a
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) -c $< -o $@.o
	$(CXX) -o $@ $@.o -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) $(RTL_LIBS) $(PLATFORM_LIBS) $(USB_LIBS)
