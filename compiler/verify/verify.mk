# SPDX-License-Identifier: Apache-2.0
build/obj/compiler/verify/%.o: CFLAGS := -O3 -g
build/san/compiler/verify/%.o: SAN += -O2
