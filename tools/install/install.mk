# SPDX-License-Identifier: Apache-2.0
# Program, library, headers, manual, completion and udev rule below PREFIX (and DESTDIR, for packages). The installed library is without what is
# Verilated, core and platform; `quern` has them.

PREFIX  ?= /usr/local
VERSION := $(shell sed -n 's/.*QN_CLI_VERSION "quern \(.*\)"/\1/p' cli/cli.h)
SONAME  := libquern.so.$(firstword $(subst ., ,$(VERSION)))
ROOT     = $(DESTDIR)$(PREFIX)

INSTALL_SRC := $(filter-out driver/port/rtl.c driver/port/platform.c driver/wire/qn_platform_wire.c,$(LIB_SRC))
PIC_OBJ     := $(INSTALL_SRC:%.c=build/pic/%.o)
HEADERS      = $(filter-out quern.o: driver/quern.h \,$(shell $(CC) -MM -I. -x c driver/quern.h))

build/pic/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O2 -g -fPIC -c $< -o $@
build/pic/sim/model/%.o build/pic/cpu/%.o build/pic/compiler/verify/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) -O3 -g -fPIC -c $< -o $@

build/install/libquern.a: $(PIC_OBJ)
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^
build/install/$(SONAME): $(PIC_OBJ)
	@mkdir -p $(@D)
	@printf '{ global: qn_*; local: *; };\n' > build/install/exports
	$(CC) -shared -Wl,-soname,$(SONAME) -Wl,--no-undefined -Wl,--version-script,build/install/exports -o $@ $^ $(USB_LIBS) -lz -lm -lpthread

# Where each file goes, below PREFIX
INSTALLED = bin/quern lib/libquern.a lib/libquern.so lib/$(SONAME) lib/libquern.so.$(VERSION) lib/pkgconfig/quern.pc share/man/man1/quern.1 \
            share/man/man3/libquern.3 share/bash-completion/completions/quern lib/udev/rules.d/60-quern.rules include/quern/quern.h \
            $(HEADERS:%=include/quern/%)

install: setup           ## program, library, manual, completion, udev rule: PREFIX= (/usr/local) DESTDIR=
	@$(MAKE) --no-print-directory -s build/quern build/install/libquern.a build/install/$(SONAME)
	@for f in $(INSTALLED); do mkdir -p "$(ROOT)/$$(dirname $$f)" || exit; done
	@install -m 755 build/quern "$(ROOT)/bin/quern"
	@install -m 644 build/install/libquern.a "$(ROOT)/lib/libquern.a"
	@install -m 755 build/install/$(SONAME) "$(ROOT)/lib/libquern.so.$(VERSION)"
	@ln -sf libquern.so.$(VERSION) "$(ROOT)/lib/$(SONAME)" && ln -sf $(SONAME) "$(ROOT)/lib/libquern.so"
	@sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' tools/install/quern.pc.in > "$(ROOT)/lib/pkgconfig/quern.pc"
	@sed 's|@VERSION@|$(VERSION)|' tools/install/quern.1 > "$(ROOT)/share/man/man1/quern.1"
	@sed 's|@VERSION@|$(VERSION)|' tools/install/libquern.3 > "$(ROOT)/share/man/man3/libquern.3"
	@install -m 644 tools/install/quern.bash "$(ROOT)/share/bash-completion/completions/quern"
	@build/quern devices --rule > "$(ROOT)/lib/udev/rules.d/60-quern.rules"
	@install -m 644 driver/quern.h "$(ROOT)/include/quern/quern.h"
	@for f in $(HEADERS); do install -m 644 $$f "$(ROOT)/include/quern/$$f" || exit; done
	@echo "installed below $(ROOT)"

uninstall:               ## take all of that away again: the same PREFIX= DESTDIR=
	@for f in $(INSTALLED); do rm -f "$(ROOT)/$$f" || exit; done
	@if [ -d "$(ROOT)/include/quern" ]; then find "$(ROOT)/include/quern" -depth -type d -empty -delete; fi
	@if [ -n "$(DESTDIR)" ] && [ -d "$(ROOT)" ]; then cd "$(DESTDIR)" && find "./$(PREFIX)" -depth -type d -empty -delete && \
	  d=$$(dirname ".$(PREFIX)") && if [ -d "$$d" ] && [ "$$d" != . ]; then rmdir -p --ignore-fail-on-non-empty "$${d#./}"; fi; fi
	@echo "nothing of quern is left below $(ROOT)"
.PHONY: install uninstall

# tests/system/test_install.sh installs what is built
test-programs: build/install/libquern.a build/install/$(SONAME)
-include $(PIC_OBJ:.o=.d)
