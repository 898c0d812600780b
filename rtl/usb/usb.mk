# SPDX-License-Identifier: Apache-2.0
# LUNA's USB devices as Verilog, build/usb/TARGET/qn_luna_fs.v and _hs.v, with the descriptors of usb.def; USB_SERIAL is the device's serial number.

USB_SERIAL ?= QN0001
USB_TARGET ?= ulx3s
USB_PYTHON := build/usb/venv/bin/python
LUNA_FS    := build/usb/qn_luna_fs.v
LUNA_HS    := build/usb/qn_luna_hs.v

build/usb/venv/ready: rtl/usb/requirements.txt
	@mkdir -p $(@D)
	python3 -m venv build/usb/venv
	build/usb/venv/bin/pip install -q --disable-pip-version-check --no-deps -r $<
	touch $@

build/usb/descriptors: rtl/usb/descriptors.c rtl/spec/qn_usb_desc.c rtl/spec/qn_usb_desc.h rtl/spec/usb.def
	@mkdir -p $(@D)
	$(CC) -std=gnu11 $(WARN) -I. -o $@ rtl/usb/descriptors.c rtl/spec/qn_usb_desc.c

$(LUNA_FS) $(LUNA_HS): build/usb/qn_luna_%.v: rtl/usb/gen_luna.py build/usb/descriptors build/usb/venv/ready
	build/usb/descriptors $* $(USB_TARGET) $(USB_SERIAL) > build/usb/$*.txt
	$(USB_PYTHON) rtl/usb/gen_luna.py $* build/usb/$*.txt > $@.new && mv $@.new $@

# The benches: a host at packet level before the device and the front door
build/tests/rtl/tb_qn_usb_fs build/tests/rtl/tb_qn_usb_ulpi: build/tests/rtl/tb_qn_usb_%: tests/rtl/tb_qn_usb_%.cpp tests/rtl/usb_bench.h tests/rtl/tb_usb.sv $(wildcard sim/platform/usb_*.h rtl/usb/*.sv rtl/soc/qn_door*.sv rtl/mem/qn_async_fifo.sv) rtl/usb/luna.vlt $(LUNA_FS) $(LUNA_HS) build/libquern.a $(VL_LIB)
	@mkdir -p build/tb/qn_usb_$* $(@D)
	+$(VL) rtl/spec/qn_link_pkg.sv rtl/usb/luna.vlt $(LUNA_FS) $(LUNA_HS) --top-module tb_usb $(if $(filter ulpi,$*),"-GHigh=1'b1") --Mdir build/tb/qn_usb_$* \
	  -o ../../tests/rtl/tb_qn_usb_$* tests/rtl/tb_usb.sv $(abspath $<) $(abspath build/libquern.a $(VL_LIB)) -CFLAGS "-I$(CURDIR) -O2" -LDFLAGS "-lm" > build/tb/qn_usb_$*.log 2>&1 \
	  || { cat build/tb/qn_usb_$*.log; exit 1; }
