# SPDX-License-Identifier: Apache-2.0
# The Verilated cores behind sim/rtl/qn_rtl.h: build/rtl/libqn_rtl.a, and build/rtl/waves/libqn_rtl.a, which can write traces.
# One Verilator run for each target, made again when RTL or the lists change. `large` takes minutes and is there on request:
# make all RTL_TARGETS="ulx3s ulx3s/lut ulx3s/mul mini tiny micro quad large"

RTL_TARGETS ?= ulx3s mini tiny micro quad mini/lut mini/mul
WAVE_TARGETS ?= ulx3s
RTL_LIB     := build/rtl/libqn_rtl.a
RTL_LIBS    := -lz -lpthread
RTL_INCLUDE  = $(shell verilator --getenv VERILATOR_ROOT)/include
RTL_CXX      = $(CXX) -std=c++17 -O3 -I. -isystem $(RTL_INCLUDE) -isystem $(RTL_INCLUDE)/vltstd

build/rtl/gen: rtl/spec/gen.c rtl/spec/qn_isa.c rtl/spec/qn_isa.h $(wildcard rtl/spec/*.def)
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -o $@ rtl/spec/gen.c rtl/spec/qn_isa.c

build/rtl/gen_link: rtl/spec/gen_link.c rtl/spec/link.def rtl/spec/mailbox.def rtl/spec/soc.def
	@mkdir -p $(@D)
	$(CC) -std=c11 -Wall -Wextra -Wpedantic -Werror -I. -o $@ rtl/spec/gen_link.c

spec: build/rtl/gen build/rtl/gen_link ## print the RTL package and the manual's tables from rtl/spec/*.def
	build/rtl/gen --package > build/rtl/package && cp build/rtl/package rtl/spec/qn_isa_pkg.sv
	build/rtl/gen --manual > build/rtl/manual && cp build/rtl/manual rtl/spec/manual.md
	build/rtl/gen_link > build/rtl/link && cp build/rtl/link rtl/spec/qn_link_pkg.sv

# Directories and symbols have a target's name with _ for /. The stem is one, or waves/ and one
name_of = $(subst /,_,$(1))
build/rtl/%/core.a: $(wildcard rtl/*.sv rtl/*/*.sv) build/rtl/gen sim/rtl/verilate.sh sim/rtl/qn_rtl_core.cpp sim/rtl/qn_rtl_core.h \
                    sim/model/qn_sdram.h
	+GEN=build/rtl/gen sim/rtl/verilate.sh $(@D) $(subst _,/,$(notdir $*)) $(if $(filter waves/%,$*),--trace-fst)

# The targets that a library holds; rewritten only when they change
build/rtl/qn_rtl_targets.h: held = $(RTL_TARGETS)
build/rtl/waves/qn_rtl_targets.h: held = $(WAVE_TARGETS)
build/rtl/qn_rtl_targets.h build/rtl/waves/qn_rtl_targets.h: FORCE
	@mkdir -p $(@D)
	@printf 'QN_RTL_TARGET(%s, "%s")\n' $(foreach t,$(held),$(call name_of,$(t)) $(t)) > $@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@
.PHONY: FORCE

RTL_CORES  := $(foreach t,$(RTL_TARGETS),build/rtl/$(call name_of,$(t))/core.a)
WAVE_CORES := $(foreach t,$(WAVE_TARGETS),build/rtl/waves/$(call name_of,$(t))/core.a)
build/rtl/libqn_rtl.a: $(RTL_CORES)
build/rtl/waves/libqn_rtl.a: $(WAVE_CORES)
build/rtl/libqn_rtl.a: build/rtl/qn_rtl_targets.h
build/rtl/waves/libqn_rtl.a: build/rtl/waves/qn_rtl_targets.h
build/rtl/libqn_rtl.a build/rtl/waves/libqn_rtl.a: sim/rtl/qn_rtl.cpp sim/rtl/qn_rtl.h sim/rtl/qn_rtl_core.h
	$(RTL_CXX) -Wall -Wextra -I$(@D) -c sim/rtl/qn_rtl.cpp -o $(@D)/qn_rtl.o
	$(foreach f,verilated verilated_threads $(if $(findstring waves,$@),verilated_fst_c),$(RTL_CXX) -DVM_TRACE=$(if $(findstring waves,$@),1,0) \
	  -c $(RTL_INCLUDE)/$(f).cpp -o $(@D)/$(f).o &&) true
	rm -f $@
	printf 'create $@\n$(patsubst %,addlib %\n,$(filter %/core.a,$^))save\nend\n' | ar -M
	ar qs $@ $(@D)/qn_rtl.o $(@D)/verilated.o $(@D)/verilated_threads.o $(if $(findstring waves,$@),$(@D)/verilated_fst_c.o)

# `quern` whose RTL devices can write traces (qn_rtl_waves)
build/quern-waves: $(CLI_OBJ) build/libquern.a build/rtl/waves/libqn_rtl.a $(PLATFORM_LIB)
	$(CXX) -o $@ -Wl,--start-group $^ -Wl,--end-group $(LIBS) $(RTL_LIBS) $(PLATFORM_LIBS) $(USB_LIBS)
