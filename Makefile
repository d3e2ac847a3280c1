# One build serves everything: the tests run what ships.
BUILD := .build/release
PYTHON := .build/venv/bin/python

.PHONY: help serve build test lint test-swift test-integration test-tsan verify bench format

help:
	@echo "make serve        build, and run the gateway on 127.0.0.1:8080 with the memory broker"
	@echo "make test         everything: lint, unit and conformance tests, integration tests, real browser"
	@echo "make test-tsan    Hub and memory broker under ThreadSanitizer"
	@echo "make bench        memory, fan-out, cost of a delivery, Redis and Postgres, beside the barest there can be"
	@echo "make format       format the Swift sources"

serve: build
	$(BUILD)/telltale serve

build:
	scripts/install build
	swift build -c release --product telltale

test:
	scripts/install test
	$(MAKE) lint
	swift build -c release --build-tests
	$(MAKE) test-swift test-integration

lint:
	swift format lint --strict --recursive --parallel Package.swift Sources Backends Tests integration

# Each test of a broker starts servers of its own: not all at once.
test-swift: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 8
test-swift:
	scripts/swift-test --skip 'RedisTests|PostgresTests|TransferTests'
	scripts/swift-test --filter RedisTests
	scripts/swift-test --filter 'PostgresTests|TransferTests'
	$(BUILD)/telltale verify memory:

# Most of a test's time is waiting, so two run at once; those of one file share servers.
test-integration:
	TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale $(PYTHON) -m pytest integration -q -n 2 --dist loadfile

test-tsan:
	scripts/install build
	swift build --build-tests --sanitize=thread --scratch-path .build-tsan
	swift test --skip-build --sanitize=thread --scratch-path .build-tsan --filter 'HubTests|MemoryTests'

bench:
	scripts/install bench
	swift build -c release --product telltale
	integration/bench/run $(BUILD)/telltale

format:
	swift format --in-place --recursive --parallel Package.swift Sources Backends Tests integration
