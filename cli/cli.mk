# What elements cost where they were measured is part of the program (cost.h)
PPA_OBJ := build/obj/cli/ppa-results.o
$(PPA_OBJ): bench/ppa/results.json
	@mkdir -p $(@D)
	$(LD) -r -b binary -z noexecstack -o $@ $<
CLI_OBJ += $(PPA_OBJ)
