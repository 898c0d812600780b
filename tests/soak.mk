# SPDX-License-Identifier: Apache-2.0
soak:                    ## long random tests, not part of test: COUNT= programs (10000) from SEED=, tokenizer vectors
	@$(MAKE) --no-print-directory -s build/tests/system/test_rtl_exec build/tests/system/test_model_rtl
	@COUNT="$(COUNT)" SEED="$(SEED)" tests/system/soak_programs.sh
	@tests/compiler/soak_token.sh
	@QN_ALL=1 tests/rtl/test_sdr.sh
