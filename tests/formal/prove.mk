# SPDX-License-Identifier: Apache-2.0
prove:                   ## proofs of FIFOs, streams, arbiters and the element, for all time: N=name for one
	@tests/formal/prove.sh $(N)
