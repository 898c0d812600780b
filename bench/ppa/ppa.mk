.PHONY: ppa
ppa: setup               ## measure elements and baselines on standard cells and ECP5 again (hours): bench/ppa/results.json
	bench/ppa/figures.py --measure
