# `make` alone prints what there is. `make demo` and `make test` set up all they need, without root.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

WASM := dist/spiffe_authz_filter.wasm
WASM_LIMIT_KIB := 1400
# A VM starts with 128 KiB of stack instead of 1 MiB, and never grows past 256 MiB.
WASM_RUSTFLAGS := -Clink-arg=-zstack-size=131072 -Clink-arg=--max-memory=268435456 \
	--remap-path-prefix=$(CURDIR)=. \
	--remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)=cargo \
	--remap-path-prefix=$(shell rustc --print sysroot 2>/dev/null)=rust
RESULTS := target/test-results.txt
BINDGEN := .tools/wasm-bindgen/bin/wasm-bindgen-test-runner
BINDGEN_VERSION := 0.2.130
DENY_VERSION := 0.20.2
DENY := $(or $(shell command -v cargo-deny 2>/dev/null),.tools/cargo-deny/bin/cargo-deny)
CLIPPY := cargo clippy --locked --all-targets --all-features

.PHONY: help
help: ## Print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

##@ Build

.PHONY: tools
tools:
	@scripts/require-rust.sh

.PHONY: envoy
envoy: ## Fetch the pinned Envoy into .tools/ (or name the one that is used)
	@scripts/fetch-envoy.sh

.PHONY: wasm
wasm: tools ## Build the filter: dist/spiffe_authz_filter.wasm
	@RUSTFLAGS="$(WASM_RUSTFLAGS)" cargo build --locked --quiet -p spiffe-authz-filter \
		--target wasm32-wasip1 --profile wasm
	@mkdir -p dist
	@cmp -s target/wasm32-wasip1/wasm/spiffe_authz_filter.wasm $(WASM) \
		|| cp target/wasm32-wasip1/wasm/spiffe_authz_filter.wasm $(WASM)
	@size=$$(wc -c < $(WASM)); echo "$(WASM): $$((size / 1024)) KiB (at most $(WASM_LIMIT_KIB))"; \
		test $$size -le $$(($(WASM_LIMIT_KIB) * 1024))

.PHONY: cli
cli: tools ## Build the command: dist/spiffe-authz (once; a few minutes)
	@cargo build --locked --quiet --release -p spiffe-authz-cli
	@mkdir -p dist
	@cp target/release/spiffe-authz dist/
	@echo "dist/spiffe-authz"

.PHONY: image
image: wasm ## Pack the filter as an OCI image, without a container engine: dist/spiffe-authz-image.tar, and the digest to pin
	@cargo run --locked --quiet -p spiffe-authz-cli -- render image --module $(WASM) --out dist/spiffe-authz-image.tar \
		| tee dist/spiffe-authz-image.sha256

##@ Demo

.PHONY: demo
demo: wasm ## Bring up a small mesh, try what may pass and what may not, take it down
	@cargo build --locked --quiet -p spiffe-authz-demo
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" target/debug/spiffe-authz-demo run

.PHONY: demo-up
demo-up: wasm ## Bring the mesh up and keep it; prints commands to try
	@cargo build --locked --quiet -p spiffe-authz-demo
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" target/debug/spiffe-authz-demo up

.PHONY: demo-down
demo-down: ## Take the mesh of demo-up down
	@cargo build --locked --quiet -p spiffe-authz-demo
	@target/debug/spiffe-authz-demo down

.PHONY: demo-migration
demo-migration: wasm ## From PERMISSIVE to STRICT in seven steps, under traffic (STAYS=frontend: a peer that does not move)
	@echo "building the demo and the command (the first time, several minutes)"
	@cargo build --locked --quiet -p spiffe-authz-demo -p spiffe-authz-cli
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" target/debug/spiffe-authz-demo migrate $(if $(STAYS),--stays-in-plaintext $(STAYS))

##@ Test

.PHONY: test
test: wasm ## Every test: the engine, host-sim, the corpus on three engines, a real Envoy
	@cargo build --locked -p spiffe-authz-demo
	@scripts/fetch-prometheus.sh >/dev/null || echo "the tests that need a Prometheus will say that they are skipped"
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" cargo test --locked --workspace --all-features | tee $(RESULTS)
	@$(MAKE) test-wasi | tee -a $(RESULTS)
	@awk '/^test result:/ { passed += $$4; failed += $$6; skipped += $$8 } \
		END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }' $(RESULTS)

N ?= 10000000
CONFIGURATIONS ?= 2000
REQUESTS ?= 101
DIFFERENTIAL := cargo run --locked --quiet --profile differential -p spiffe-authz-tests --bin

.PHONY: differential
differential: wasm ## Engine against reference, index against linear walk (N=10000000), filter against native RBAC on Envoy (CONFIGURATIONS=2000 REQUESTS=101)
	@$(DIFFERENTIAL) differential-engine -- --cases $(N) $(if $(SEED),--seed $(SEED))
	@$(DIFFERENTIAL) differential-index -- --cases $(N) $(if $(SEED),--seed $(SEED))
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(DIFFERENTIAL) differential-envoy -- \
		--configurations $(CONFIGURATIONS) --requests $(REQUESTS) $(if $(SEED),--seed $(SEED))

UPDATES ?= 1000
RULES ?= 1000
UNDER_LOAD := cargo test --locked --quiet --workspace --all-features

.PHONY: hot-reload
hot-reload: wasm ## Policies change under load from a control plane (UPDATES=1000), then with RULES=1000 more rules
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" HOT_RELOAD_UPDATES=$(UPDATES) \
		$(UNDER_LOAD) --test hot_reload -- --nocapture --test-threads 1
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" HOT_RELOAD_UPDATES=$(UPDATES) HOT_RELOAD_RULES=$(RULES) \
		$(UNDER_LOAD) --test hot_reload -- --nocapture --test-threads 1 policies_change

ROTATIONS ?= 60

.PHONY: rotation
rotation: wasm ## SVIDs of both sides rotate under load, every two seconds (ROTATIONS=60)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" ROTATIONS=$(ROTATIONS) ROTATION_PAUSE_MS=2000 \
		$(UNDER_LOAD) --test rotation_under_load -- --nocapture

FAULT_REQUESTS ?= 1000

.PHONY: faults
faults: wasm ## Faults of the filter on Envoy, in each shipped sidecar: what arrives (FAULT_REQUESTS=1000)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(DIFFERENTIAL) faults -- --requests $(FAULT_REQUESTS)

RESETS ?= 1000000

.PHONY: attacks
attacks: wasm ## Every attack of docs/attacks.md on a real Envoy, and what became of each row (RESETS=1000000)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(DIFFERENTIAL) attacks -- \
		--resets $(RESETS) $(if $(ONLY),--only $(ONLY))

MINUTES ?= 10
PICTURE ?= target/soak/memory.svg

.PHONY: soak
soak: wasm ## A mesh under load while policies, SVIDs and processes change (MINUTES=10 SEED= PICTURE=target/soak/memory.svg)
	@mkdir -p $(dir $(PICTURE))
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(DIFFERENTIAL) soak -- --seconds $$(($(MINUTES) * 60)) \
		--picture $(PICTURE) $(if $(SEED),--seed $(SEED))

.PHONY: scale
scale: wasm ## What one policy change costs 200 proxies and the server that pushes it, for 10 to 10,000 rules (minutes to build and to run)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" cargo run --locked --quiet --release -p spiffe-authz-tests --bin scale

TARGET ?= decision
SECONDS ?= 600
HOSTILE := $(if $(filter hostile_host,$(TARGET)),--features hostile-host)
HOST_SIM := $(if $(filter module hostcall_arguments,$(TARGET)),--features host-sim)

.PHONY: fuzz
fuzz: $(if $(HOSTILE),wasm) ## Fuzz one target on nightly (TARGET=decision SECONDS=600); docs/fuzzing.md lists them
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing: cargo install cargo-fuzz"; exit 1; }
	@mkdir -p target/fuzz/$(TARGET)
	@cargo +nightly fuzz run -s none $(HOSTILE) $(HOST_SIM) $(TARGET) $(CURDIR)/target/fuzz/$(TARGET) fuzz/corpus/$(TARGET) -- \
		-max_total_time=$(SECONDS) -timeout=20 -rss_limit_mb=3000 -max_len=4000 -print_final_stats=1

.PHONY: test-wasi
test-wasi: tools ## The engine's tests compiled to wasm, under Node's WASI
	@if command -v node >/dev/null; then \
		CARGO_TARGET_WASM32_WASIP1_RUNNER="node --no-warnings $(CURDIR)/scripts/run-wasi.mjs" \
			cargo test --locked -p spiffe-authz-policy --all-features --target wasm32-wasip1; \
	else \
		echo "skipped: test-wasi, node is missing (Debian: sudo apt-get install nodejs; macOS: brew install node)"; \
	fi

.PHONY: test-web
test-web: tools ## The engine's tests on wasm32-unknown-unknown, by wasm-bindgen-test
	@if command -v node >/dev/null; then \
		$(MAKE) $(BINDGEN) && \
		CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER="$(CURDIR)/$(BINDGEN)" \
			cargo test --locked -p spiffe-authz-policy --all-features --target wasm32-unknown-unknown --tests; \
	else \
		echo "skipped: test-web, node is missing (Debian: sudo apt-get install nodejs; macOS: brew install node)"; \
	fi

# The runner must be of the very version of wasm-bindgen that Cargo.lock names.
$(BINDGEN):
	@grep -A1 'name = "wasm-bindgen"' Cargo.lock | grep -q '"$(BINDGEN_VERSION)"' \
		|| { echo "Cargo.lock has another wasm-bindgen than $(BINDGEN_VERSION): set BINDGEN_VERSION in the Makefile"; exit 1; }
	@scripts/require-rust.sh wasm32-unknown-unknown
	@echo "building wasm-bindgen's test runner $(BINDGEN_VERSION) (once; about 3 minutes)"
	@cargo install --quiet wasm-bindgen-cli --version $(BINDGEN_VERSION) --root .tools/wasm-bindgen \
		--target-dir .tools/wasm-bindgen/target
	@rm -rf .tools/wasm-bindgen/target

##@ Containers

.PHONY: compose-test
compose-test: ## The demo mesh of envoy-config/compose/ in containers: its table, a rotation, Prometheus; taken down after
	@tests/compose/run.sh

##@ Bench

# A workspace of its own, so that nothing but this builds other engines.
PEERS := --locked --manifest-path peers/Cargo.toml --target-dir target/peers
BENCH_ENGINE := cargo run --quiet --release $(PEERS) --bin bench-engine --
BENCH_FILTER := cargo test --locked --quiet -p spiffe-authz-tests --test cost_of_a_request -- --nocapture
BENCH := cargo run --locked --quiet --release -p spiffe-authz-bench --features envoy,start --bin

.PHONY: bench
bench: wasm ## What a decision costs, ours and others'; tables, and JSON and pictures in target/bench/ (10 minutes)
	@$(BENCH_ENGINE)
	@$(BENCH_FILTER)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(BENCH) bench-start
	@$(MAKE) bench-envoy

.PHONY: bench-quick
bench-quick: wasm ## The same in 2 minutes: fewer turns, and what takes long is left out
	@$(BENCH_ENGINE) --quick
	@$(BENCH_FILTER)
	@$(MAKE) bench-envoy FLAGS=--quick

.PHONY: no-op
no-op: tools
	@cargo build --locked --quiet --release --manifest-path bench/no-op/Cargo.toml --target wasm32-wasip1 \
		--target-dir target/no-op
	@mkdir -p target/bench
	@cp target/no-op/wasm32-wasip1/release/no_op.wasm target/bench/

.PHONY: bench-envoy
bench-envoy: wasm no-op ## What filters and mutual TLS cost in a real Envoy (4 minutes; FLAGS=--quick: 1 minute)
	@ENVOY_BIN="$$(scripts/fetch-envoy.sh)" $(BENCH) bench-envoy -- $(FLAGS)

.PHONY: bench-host-sim
bench-host-sim: no-op ## What host-sim itself costs: compiling, a fresh instance, requests a second for a plugin that does nothing
	@cargo run --locked --quiet --release -p spiffe-authz-bench --features host-sim --bin bench-host-sim

.PHONY: test-peers
test-peers: tools ## The other engines decide the measured requests as ours does
	@cargo clippy --quiet --release $(PEERS) --all-targets -- -D warnings
	@cargo test --quiet --release $(PEERS)

##@ Check

.PHONY: check
check: fmt lint docs audit test-web test ## What CI runs

.PHONY: fmt
fmt: tools
	@cargo fmt --all --check
	@cargo fmt --manifest-path fuzz/Cargo.toml --check
	@cargo fmt --manifest-path peers/Cargo.toml --check
	@cargo fmt --manifest-path bench/no-op/Cargo.toml --check
	@cargo fmt --manifest-path host-sim/plugins/Cargo.toml --all --check

# In code that is no test: functions that panic on some arguments (clippy.toml), and what else may panic unseen.
SHIPPED := -p spiffe-authz-policy -p spiffe-authz-filter -p spiffe-authz-host-sim -p spiffe-authz-envoy-config
NO_PANICS := -D warnings -D clippy::disallowed_methods -D clippy::exit -D clippy::get_unwrap \
	-D clippy::panic_in_result_fn -D clippy::unwrap_in_result

.PHONY: lint
lint: tools
	@$(CLIPPY) --workspace -- -D warnings
	@cargo clippy --locked $(SHIPPED) --lib --all-features -- $(NO_PANICS)
	@cargo clippy --locked -p spiffe-authz-filter --target wasm32-wasip1 -- $(NO_PANICS)
	@cargo clippy --locked --manifest-path host-sim/plugins/Cargo.toml --target wasm32-wasip1 \
		--target-dir target/plugins -- -D warnings -A clippy::disallowed_methods

.PHONY: docs
docs: tools ## The API's documentation, without a warning
	@RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --workspace --no-deps --all-features

# deny.toml is for three workspaces: none has need of all exceptions, and the first alone of all licences.
UNUSED := -A license-not-encountered -A license-exception-not-encountered

.PHONY: audit
audit: tools $(DENY) ## Advisories, licences, bans and sources of all dependencies, by cargo-deny
	@cargo fetch --locked --quiet
	@cargo fetch --locked --quiet --manifest-path fuzz/Cargo.toml
	@cargo fetch --locked --quiet --manifest-path peers/Cargo.toml
	@$(DENY) --offline --all-features check -A license-exception-not-encountered bans licenses sources
	@$(DENY) --offline --all-features --manifest-path fuzz/Cargo.toml --config deny.toml \
		check $(UNUSED) bans licenses sources
	@$(DENY) --offline --all-features --manifest-path peers/Cargo.toml --config deny.toml \
		check $(UNUSED) bans licenses sources
	@if $(DENY) fetch db >/dev/null 2>&1; then \
		$(DENY) --all-features check --disable-fetch advisories && \
		$(DENY) --all-features --manifest-path fuzz/Cargo.toml --config deny.toml check --disable-fetch advisories && \
		$(DENY) --all-features --manifest-path peers/Cargo.toml --config deny.toml check --disable-fetch advisories; \
	else \
		echo "skipped: advisories, the database could not be had"; \
	fi

.tools/cargo-deny/bin/cargo-deny:
	@echo "building cargo-deny $(DENY_VERSION) (once; about 3 minutes)"
	@cargo install --quiet --locked cargo-deny --version $(DENY_VERSION) --root .tools/cargo-deny \
		--target-dir .tools/cargo-deny/target
	@rm -rf .tools/cargo-deny/target

.PHONY: clean
clean: ## Remove what was built; the fetched tools in .tools/ stay
	@rm -rf target dist fuzz/target
