# Zunke 尊客. `make run` and `make test` are all that a newcomer needs.
# Build output goes to target/, or to $CARGO_TARGET_DIR where that is set.

SHELL := /bin/bash
export CARGO_TARGET_DIR ?= $(CURDIR)/target
BINARY := $(CARGO_TARGET_DIR)/release/zunke
LISTEN ?= 127.0.0.1:8080

.PHONY: run build web test check-rust check-web test-rust test-web test-e2e fuzz fuzz-parsers bench check-real check-ltv screenshots api fmt audit sbom clean

## Builds everything and starts it on http://127.0.0.1:8080, with the demo company on the first start.
run: build
	$(BINARY) serve --listen $(LISTEN) --demo

build: web
	cargo build --release -p zunke

## The UI, into web/dist; the binary carries it.
web: web/node_modules/.installed
	cd web && npm run --silent build
	node scripts/compress-web.mjs web/dist
	@# Cargo doesn't see files that are new in web/dist: another UI is another binary.
	@mkdir -p $(CARGO_TARGET_DIR)
	@cmp -s web/dist/index.html $(CARGO_TARGET_DIR)/ui.html || { touch crates/zunke/src/serve/ui.rs; cp web/dist/index.html $(CARGO_TARGET_DIR)/ui.html; }

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

## Installs what the tests need (Chromium, PostgreSQL, fonts) by package name, and runs them all.
test:
	scripts/test.sh

check-rust:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

check-web: web/node_modules/.installed
	cd web && npm run --silent check

test-rust:
	scripts/postgres-test.sh run cargo test --workspace --locked --quiet

test-e2e: web
	cargo build -p zunke --locked
	cd web && ZUNKE_BINARY=$(CARGO_TARGET_DIR)/debug/zunke npm run --silent e2e

## Made-up calls at every operation of the API; none may answer 5xx.
fuzz:
	cargo build -p zunke --locked
	scripts/api-fuzz.sh $(CARGO_TARGET_DIR)/debug/zunke

## Every parser of what others send, on made-up input with fresh seeds, MINUTES in all (CSV, XLSX, mail, conditions, JSON).
MINUTES ?= 5
fuzz-parsers:
	scripts/fuzz-parsers.sh $(MINUTES)

## The figures of docs/performance.md, each beside its peer in one run.
bench:
	bench/run.sh

## Imports the whole Online Retail file (FILE=path) and compares every known figure.
check-real: build
	scripts/check-real.sh "$(FILE)" $(BINARY)

## Fits lifetime values on the CDNOW sample (FILE=path) and compares every published figure.
check-ltv: build
	scripts/check-ltv.sh "$(FILE)" $(BINARY)

## Every page at both widths in both languages, into docs/images.
screenshots: web
	cargo build -p zunke --locked
	cd web && ZUNKE_BINARY=$(CARGO_TARGET_DIR)/debug/zunke npm run --silent screenshots

## docs/openapi.json and the types of the UI, from the code.
api: web/node_modules/.installed
	cargo run --quiet -p zunke -- openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	cd web && npm run --silent api

fmt: web/node_modules/.installed
	cargo fmt --all
	cd web && npm run --silent format

## Licences, sources and bans of every dependency against deny.toml; known weaknesses where the network is there.
audit:
	scripts/audit.py

## What the program is made of, as CycloneDX: target/zunke.cdx.json.
sbom:
	@mkdir -p $(CARGO_TARGET_DIR)
	scripts/sbom.py $(CARGO_TARGET_DIR)/zunke.cdx.json

clean:
	cargo clean
	rm -rf web/dist web/node_modules
