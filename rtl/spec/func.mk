# SPDX-License-Identifier: Apache-2.0
# The tables of exp, recip and rsqrt, for C and for RTL, from one program.

.PHONY: func-table lint-func-table
func-table: build/func_table     ## print the function tables again
	build/func_table c > sim/model/qn_func_table.h
	build/func_table sv > rtl/vector/qn_func_rom.sv

lint-func-table: build/func_table
	build/func_table c | cmp - sim/model/qn_func_table.h
	build/func_table sv | cmp - rtl/vector/qn_func_rom.sv

build/func_table: rtl/spec/func_table.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(CFLAGS) $< -o $@ -lm
