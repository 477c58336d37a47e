# What there is to do. `make demo` and `make test` need nothing but make and a Rust toolchain; the suites of the other
# languages say plainly what they lack and are counted as skipped.

CARGO ?= cargo

.PHONY: demo test interop bench lint fmt header schema models clean

demo: ## the main job end to end, a step at a time, every check shown
	$(CARGO) run --quiet --package awsaccess-cli -- demo

test: ## every test in every language; under twenty minutes on two cores from a fresh clone
	@.ci/suite \
		'rust:600:CARGO="$(CARGO)" .ci/cargo-test' \
		'python:420:bindings-python/test.sh' \
		'node:240:bindings-node/test.sh' \
		'c:180:bindings-c/test.sh' \
		'emulator:180:emulator/test.sh' \
		'clients:240:proxy/clients/test.sh' \
		'sdk:240:drivers/sdk/test.sh --client' \
		'peers:360:peers/test.sh'

interop: ## what takes long with clients and servers that nobody here wrote
	@.ci/suite 'interop:600:proxy/clients/test.sh --long' 'provider:900:drivers/sdk/test.sh --provider' \
		'cedar:900:CARGO="$(CARGO)" .ci/cargo-test --package awsaccess-proxy --features cedar --lib --test cedar cedar'

bench: ## ratios to the peers and to the physical limit
	@$(CARGO) build --release --quiet --package awsaccess-cli
	@cd benches && AWSACCESS="$${CARGO_TARGET_DIR:-$$PWD/../target}/release/awsaccess" $(CARGO) run --release --quiet

lint: ## format, clippy, the generated header
	$(CARGO) fmt --all --check
	@for room in peers fuzz; do (cd $$room && $(CARGO) fmt --check) || exit 1; done
	$(CARGO) clippy --workspace --all-targets --quiet -- --deny warnings
	@bindings-c/header.sh --check

fmt:
	$(CARGO) fmt --all

header: ## include/awsaccess.h from the C binding
	@bindings-c/header.sh

schema: ## the JSON schema of the gateway's configuration, from its types
	@AWSACCESS_WRITE_SCHEMA=1 $(CARGO) test --quiet --package awsaccess-proxy --lib the_schema_is_that_of_the_types >/dev/null

models: ## the committed data on partitions, endpoints and operations, anew from botocore's models; read the diff
	@tools/models.sh

clean:
	$(CARGO) clean
