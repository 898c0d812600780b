# SPDX-License-Identifier: Apache-2.0
# The vector unit a second time, with the parameters of target mini.
build/tests/rtl/tb_qn_vector_mini: tests/rtl/tb_qn_vector_mini.cpp tests/rtl/tb_qn_vector.cpp $(wildcard rtl/vector/*.sv rtl/lib/*.sv) build/libquern.a $(VL_LIB)
	@mkdir -p build/tb/qn_vector_mini $(@D)
	+$(VL) --top-module qn_vector -GLanes=4 -GFuncs=1 -GDequants=2 -GRows=8 -GVbWords=16384 --Mdir build/tb/qn_vector_mini \
	  -o ../../tests/rtl/tb_qn_vector_mini rtl/vector/qn_vector.sv $(abspath $<) $(abspath build/libquern.a $(VL_LIB)) \
	  -CFLAGS "-I$(CURDIR) -O2" -LDFLAGS "-lm" > build/tb/qn_vector_mini.log 2>&1 || { cat build/tb/qn_vector_mini.log; exit 1; }
