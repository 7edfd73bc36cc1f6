# Two commands do everything, set-up included: `make demo` runs the main job, `make check` runs every test.

SWIFT ?= swift
PYTHON := $(CURDIR)/.venv/bin/python
RELEASE := .build/release
FORMATTED := Package.swift Sources Tests Examples Benchmarks/Package.swift Benchmarks/Sources
# The driver remarks on every module that debug builds are whole-module (Package.swift says why): not worth a line each.
QUIET := 2>&1 | { grep -v 'remark: Incremental compilation has been disabled' || true; }

.PHONY: demo check setup format lint debug release gate threads conformance environment end-to-end benchmarks bench parity \
  reality crashes soak fuzz sanitize clean
.SILENT: setup

demo: setup
	$(SWIFT) build -c release --product apus
	$(RELEASE)/apus demo --seconds 20

check: setup lint debug release gate threads conformance environment end-to-end benchmarks

setup:
	scripts/setup

format:
	$(SWIFT) format --in-place --recursive $(FORMATTED)

lint:
	$(SWIFT) format lint --strict --recursive $(FORMATTED)

# `pipefail` is bash's: without it a failed build would hide behind the filter.
debug release environment benchmarks bench soak: SHELL := /bin/bash -o pipefail

debug:
	$(SWIFT) build --build-tests $(QUIET)
	APUS_PYTHON=$(PYTHON) scripts/test debug

release:
	$(SWIFT) build -c release --build-tests $(QUIET)
	APUS_PYTHON=$(PYTHON) scripts/test release

gate:
	scripts/test_hot_path_gate.py
	scripts/hot-path-gate $(RELEASE)/apus

# Under the thread sanitizer: what threads share.
threads:
	scripts/sanitize-threads

conformance:
	$(PYTHON) Tests/conformance/run.py --apus $(RELEASE)/apus

# The learning environments through their C interface and Gymnasium: two seconds once they are built.
environment:
	$(SWIFT) build -c release --product ApusEnvironment $(QUIET)
	APUS_ENVIRONMENT=$(RELEASE)/libApusEnvironment.so $(PYTHON) Training/tests/test_environments.py

end-to-end:
	$(PYTHON) Tests/end-to-end/run.py --apus $(RELEASE)/apus

# The benchmark suite, a package of its own (Benchmarks/README.md): here with as little work as shows that it runs, and its
# instructions counted.
benchmarks:
	scripts/setup benchmarks
	$(SWIFT) build -c release --product apus $(QUIET)
	$(SWIFT) build --package-path Benchmarks -c release --product apus-bench $(QUIET)
	$(SWIFT) build -c release --product apus-parity $(QUIET)
	.venv-benchmarks/bin/python Benchmarks/check.py
	.venv-benchmarks/bin/python Benchmarks/instructions.py

# All rows against their peers, minutes, and once the 900 MB of Python packages of `make parity`; leaves a page in
# Benchmarks/results and the table in Benchmarks/RESULTS.md.
# CAPTURE=FILE gives a recorded Binance spot session of BTCUSDT, ROWS=ROW,ROW measures only these.
bench:
	scripts/setup benchmarks
	$(SWIFT) build -c release --product apus $(QUIET)
	$(SWIFT) build --package-path Benchmarks -c release --product apus-bench $(QUIET)
	.venv-benchmarks/bin/python Benchmarks/run.py $(if $(filter file undefined,$(origin CAPTURE)),,--capture $(CAPTURE)) \
	  $(if $(ROWS),--rows $(ROWS))

# Our replay against hftbacktest 2.4.4, on recorded futures captures: the same fills, and how fast (docs/replay.md). Half a
# minute for each, and once 900 MB of Python packages.
CAPTURE ?= $(wildcard ../shared/data/binance/usdm/*.gz ../shared/data/binance/coinm/*.gz)

parity:
	$(if $(CAPTURE),,$(error give the futures captures: make parity CAPTURE="FILE ..."))
	scripts/setup parity
	$(SWIFT) build -c release --product apus-parity
	.venv-parity/bin/python Tests/parity/test_peer.py
	.venv-parity/bin/python Tests/parity/run.py --engine $(RELEASE)/apus-parity $(CAPTURE)

# Phantom orders on recorded captures, and how well each queue model forecast their fills (docs/reality.md). Seconds once it is
# built. Files of one market that follow each other are joined by commas; PLOT=FILE draws the forecasts' reliability.
COMMA := ,
SPACE := $(subst ,, )
market = $(subst $(SPACE),$(COMMA),$(wildcard ../shared/data/binance/$(1)_*.gz))
MARKETS := $(foreach name,spot/btcusdt spot/ethusdt usdm/btcusdt coinm/btcusd_perp,$(call market,$(name)))

reality: PHANTOMS = $(if $(filter file undefined,$(origin CAPTURE)),$(MARKETS),$(CAPTURE))
reality:
	$(if $(strip $(PHANTOMS)),,$(error give captures: make reality CAPTURE="FILE[,FILE...] ..."))
	$(SWIFT) build -c release --product apus-reality
	$(RELEASE)/apus-reality $(if $(PLOT),--svg $(PLOT)) $(PHANTOMS)

# At least 300 crashes of whole processes; `end-to-end` does a dozen.
crashes: release
	$(PYTHON) Tests/end-to-end/crashes.py --apus $(RELEASE)/apus --failing $(RELEASE)/apus-failing --injections 300

# Ten minutes at 50,000 messages a second: no allocation, page fault or unplanned system call of the hot worker, flat memory
# (docs/load.md). On a machine that does nothing else.
soak:
	$(SWIFT) build -c release --product apus $(QUIET)
	python3 Tests/soak/run.py --apus $(RELEASE)/apus

# The nightly forms: docs/testing.md. Every fuzz target for SECONDS; lock-free parts and decoders under the sanitizers.
SECONDS ?= 600

fuzz:
	scripts/fuzz $(SECONDS)

sanitize: threads
	APUS_PYTHON=$(PYTHON) scripts/sanitize-address

clean:
	rm -rf .build .build-address .build-fuzz
