# Everything a newcomer runs. A set-up step leaves a stamp where it worked, and runs again only when what it read has changed.
# Kept to GNU make 3.81, which macOS ships. All paths are relative, so the folder may have spaces in its name.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup data train export test parity bench demo lint lock clean

MODEL :=
DATA :=
PYTHON :=
PY := .venv/bin/python

# The same numbers on every machine, and no advice from TensorFlow about graphics cards.
export CUDA_VISIBLE_DEVICES := -1
export TF_CPP_MIN_LOG_LEVEL := 3
export TFDF_DISABLE_WELCOME_MESSAGE := 1
export PYTHONWARNINGS := ignore:pkg_resources is deprecated

MANIFEST := dist/models/manifest.json
EXPORT_READS := requirements.txt $(wildcard datasets/*.py keras_models/*.py quantization/*.py export/*.py export/*.json \
	keras_models/checkpoints/*/* quantization/plans/*)
RUNTIME_READS := package-lock.json export/manifest.schema.json datasets/resampler.json datasets/rhythm.json $(wildcard web_runtime/*.json) \
	$(shell find web_runtime -type f -not -path '*/node_modules/*' -not -path '*/dist/*' -not -path '*/generated/*' -not -path '*/test/*')

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: .venv/.installed node_modules/.installed .setup/browser .setup/audio ## Python and npm packages, a browser, audio programs; each only when needed

data: .venv/.installed ## download the data sets that may be downloaded; say how to get the others
	@$(PY) -m datasets fetch

train: setup ## train from data: [MODEL=name] [DATA=your.csv, with MODEL]
	@$(PY) -m keras_models train $(MODEL) $(if $(DATA),--data "$(DATA)")
	@$(PY) -m quantization search $(MODEL) $(if $(DATA),--data "$(DATA)")

export: setup ## checkpoints -> verified graph models in dist/models/, and the runtime that serves them
	@rm -f dist/.exported .setup/runtime
	@$(MAKE) --no-print-directory .setup/runtime

dist/.exported: $(EXPORT_READS) | setup
	@rm -f $@
	@$(PY) -m keras_models train --missing
	@$(PY) -m quantization search --stale
	@$(PY) -m export
	@touch $@

.setup/runtime: dist/.exported $(RUNTIME_READS)
	@rm -f $@
	@npm run --silent build -w web_runtime
	@touch $@

test: .setup/runtime ## every check: style, types, unit tests, and parity in the browser; writes reports/
	@mkdir -p reports; failed=0; summary=''; \
	check() { \
	  name="$$1"; shift; printf '\n== %s\n' "$$name"; \
	  if "$$@"; then verdict='ok    '; else verdict='FAILED'; failed=1; fi; \
	  summary="$$summary  $$verdict  $$name"$$'\n'; \
	}; \
	check 'ruff check' $(PY) -m ruff check; \
	check 'ruff format' $(PY) -m ruff format --check; \
	check 'types of the runtime' npm run --silent typecheck -w web_runtime; \
	check 'unit tests of the runtime' npm run --silent test -w web_runtime; \
	check 'Python tests and parity in the browser' $(PY) -m pytest; \
	printf '\n== summary (reports/: %s)\n%s' "$$(ls reports | tr '\n' ' ')" "$$summary"; \
	exit $$failed

parity: .setup/runtime ## Python against browser: reports/parity.{html,json,md}
	@$(PY) -m parity_tests report

bench: .setup/runtime ## latencies and memory in the browser: reports/bench.json
	@$(PY) -m parity_tests bench

demo: .setup/runtime ## the suite in a page of its own
	@npm run --silent demo -w web_runtime

lint: dist/.exported ## style and types (the types of the runtime need the exported models)
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@npm run --silent typecheck -w web_runtime

lock: .venv/.installed ## requirements.in -> requirements.txt, package.json -> package-lock.json; no registry is named in either
	@[ -x .setup/uv/bin/uv ] || { $(PY) -m venv .setup/uv && .setup/uv/bin/python -m pip install -qq uv; }
	@.setup/uv/bin/uv pip compile --quiet --universal --fork-strategy fewest --no-strip-extras --python-version 3.10 --generate-hashes \
	  --no-emit-index-url --no-annotate --no-header requirements.in -o requirements.txt
	@npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error

clean: ## remove what was built; .venv and node_modules stay
	@rm -rf dist build web_runtime/dist web_runtime/src/generated .setup
	@find reports -type f -not -name .gitkeep -delete 2>/dev/null || true

.venv/.installed: requirements.txt
	@[ -x $(PY) ] || { \
	  for candidate in $(if $(PYTHON),"$(PYTHON)",python3.12 python3.11 python3.10 python3); do \
	    if "$$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; \
	    then exec "$$candidate" -m venv .venv; fi; \
	  done; \
	  echo 'Python 3.10, 3.11 or 3.12 with its venv module is needed: install it (Debian: apt-get install python3 python3-venv; macOS: brew install python@3.12), or name it: make PYTHON=/path/to/python3' >&2; \
	  exit 1; }
	@echo 'installing the Python packages into .venv: about 3.5 GB, a few minutes'
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --no-deps --require-hashes -r requirements.txt
	@touch $@

node_modules/.installed: package.json package-lock.json web_runtime/package.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && npm --version >/dev/null 2>&1 || { \
	  echo 'Node.js 20 or newer with npm is needed: install it from your system or with nvm (macOS: brew install node)' >&2; exit 1; }
	@echo 'installing the npm packages into node_modules'
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.setup/browser: | .venv/.installed
	@$(PY) -m parity_tests.browser

# ffmpeg judges loudness and renders, FluidSynth plays the MIDI that mixing learns from; without them those checks skip and say so.
.setup/audio:
	@mkdir -p .setup; \
	wanted='ffmpeg fluidsynth'; \
	have() { for program in $$wanted; do command -v $$program >/dev/null || return 1; done; }; \
	if ! have && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "installing Debian's ffmpeg, fluidsynth and fluid-soundfont-gm"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq >/dev/null && \
	  apt-get install -y -qq --no-install-recommends ffmpeg fluidsynth fluid-soundfont-gm >/dev/null || true; \
	fi; \
	if have; then touch $@; else \
	  echo 'ffmpeg, fluidsynth and its soundfont are not all here, so some checks of audio will skip (Debian: apt-get install ffmpeg fluidsynth fluid-soundfont-gm; macOS: brew install ffmpeg fluid-synth)' >&2; \
	fi
