# SPDX-License-Identifier: Apache-2.0
# Tests on an emulated USB: the bed with the boards, and clients that run under umockdev's library, which must come before a sanitizer's.
UMOCKDEV := $(shell pkg-config --cflags --libs umockdev-1.0 2>/dev/null)

build/tests/usb_bed: tests/driver/usb_bed.c tests/driver/usb_device.c tests/driver/usb_device.h build/libquern.a
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror -I. $(CFLAGS) $(filter-out %.h,$^) $(UMOCKDEV) -lm -lz -lpthread -o $@

build/tests/driver/test_usb build/tests/driver/test_usb_faults: build/tests/driver/%: tests/driver/%.c tests/driver/usb_client.h tests/driver/usb_run.h build/san/libquern.a build/tests/usb_bed
	@mkdir -p $(@D)
	$(CC) $(BASE) $(SAN) -static-libasan $< build/san/libquern.a -lcmocka $(LIBS) $(USB_LIBS) -o $@

TSAN_SRC := $(wildcard driver/client/*.c driver/link/*.c driver/wire/qn_usb*.c driver/wire/qn_tcp.c) driver/qn_err.c rtl/spec/qn_isa.c
build/tests/driver/test_usb_threads: tests/driver/test_usb_threads.c tests/driver/usb_client.h $(TSAN_SRC) $(wildcard driver/*/*.h) build/tests/usb_bed
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) -fsanitize=thread -static-libtsan -O1 -g $< $(TSAN_SRC) -lcmocka -lpthread $(USB_LIBS) -o $@

build/tests/driver/test_usbip: build/tests/driver/%: tests/driver/%.c tests/driver/usbip.c tests/driver/usb_device.c tests/driver/usbip.h tests/driver/usb_device.h build/san/libquern.a
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) $(SAN) $(filter-out %.h,$^) -lcmocka $(LIBS) -o $@

# Before a real kernel's USB: Debian's kernel in QEMU, and its udev; neither is installed
build/qemu/usb_vhci: tests/driver/usb_vhci.c tests/driver/usbip.c tests/driver/usb_device.c tests/driver/usbip.h tests/driver/usb_device.h build/libquern.a
	@mkdir -p $(@D)
	$(CC) $(filter-out -MMD -MP,$(BASE)) $(CFLAGS) $(filter-out %.h,$^) -lm -lz -lpthread -o $@
build/qemu/guest:
	tools/unpack.sh $@ linux-image-amd64 udev

# The program with an object of its own in the place of one of the library's: WITH= TO=, for qemu_faults.sh
.PHONY: quern-with
quern-with: $(CLI_OBJ) build/libquern.a $(RTL_LIB) $(PLATFORM_LIB)
	$(CXX) -o $(TO) -Wl,--start-group $(WITH) $^ -Wl,--end-group $(LIBS) $(RTL_LIBS) $(PLATFORM_LIBS) $(USB_LIBS)
