# One build serves everything: the tests run what ships.
BUILD := .build/release
PYTHON := .build/venv/bin/python

.PHONY: help serve build test lint test-swift test-integration test-behind test-failover test-tsan autobahn soak verify bench bench-peers costs renew-costs fuzz format

help:
	@echo "make serve        build, and run the gateway on 127.0.0.1:8080 with the memory broker"
	@echo "make test         everything: lint, unit and conformance tests, integration tests, real browser"
	@echo "make test-tsan    the Hub, the edge, tasks and the memory broker under ThreadSanitizer"
	@echo "make test-behind  the browser tests behind nginx and HAProxy"
	@echo "make test-failover  one of two gateways drained behind each proxy, under 2,000 readers"
	@echo "make soak         15 minutes of 10,000 readers that come and go, with broker restarts: memory and descriptors"
	@echo "make autobahn     every case of the WebSocket conformance suite, compression included: ten minutes"
	@echo "make bench        memory, fan-out, cost of a delivery, Redis and Postgres, beside the barest there can be"
	@echo "make bench-peers  the gateway and its peers in one run: .build/bench-peers/table.md and charts (ROUNDS=3)"
	@echo "make costs        instructions, allocations and system calls of a publication, a delivery, an opening"
	@echo "make renew-costs  the same, and they are what make test allows from now on"
	@echo "make fuzz         coverage-guided fuzzing (SECONDS=600 for each target)"
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

# Most of a test's time is waiting, so three run at once; those of one file share servers.
test-integration:
	TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale $(PYTHON) -m pytest integration -q -n 3 --dist loadfile

# But those with a proxy of their own that takes a connection for one answer.
test-behind: build
	scripts/install test
	for front in nginx haproxy; do TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale TELLTALE_FRONT=$$front \
	    $(PYTHON) -m pytest integration/browser -q -n 2 --dist loadfile -k 'not ten_tabs and not lets_nothing_through' || exit 1; done

test-failover: build
	scripts/install test
	TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale FAILOVER_READERS=2000 $(PYTHON) -m pytest integration/proxies/test_failover.py -q

soak: build
	scripts/install test
	cd integration && TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale $(CURDIR)/$(PYTHON) -m soak.run

test-tsan:
	scripts/install build
	swift build --build-tests --sanitize=thread --scratch-path .build-tsan
	for some in 'HubTests|MemoryTests' 'GatewayTests|TasksTests|BrokerSupportTests|ClientTests'; do \
	    swift test --skip-build --sanitize=thread --scratch-path .build-tsan --filter "^($$some)\." || exit 1; done

# Those that are short are in "make test" too.
autobahn:
	scripts/install test
	swift build -c release --product websocket-echo
	$(PYTHON) integration/websocket/autobahn $(BUILD)/websocket-echo .build/autobahn

bench:
	scripts/install bench
	swift build -c release --product telltale
	integration/bench/run $(BUILD)/telltale

bench-peers: ROUNDS ?= 3
bench-peers:
	scripts/install bench-peers
	swift build -c release --product telltale
	integration/bench/peers/run $(BUILD)/telltale --rounds $(ROUNDS)

# With "python -m" the tests' helpers are found, as in "make soak".
costs renew-costs:
	scripts/install test
	swift build -c release --product telltale
	cd integration && TELLTALE_BIN=$(CURDIR)/$(BUILD)/telltale $(CURDIR)/$(PYTHON) -m costs.measure $(if $(filter renew-costs,$@),--write)

fuzz: SECONDS ?= 600
fuzz: TARGETS ?= json config websocket redis token http
fuzz:
	scripts/install build
	TELLTALE_FUZZ=$$(ls "$$(dirname "$$(readlink -f "$$(command -v swiftc)")")"/../lib/clang/*/lib/*/libclang_rt.fuzzer_no_main-*.a) \
		swift build -c release --product fuzz --scratch-path .build-fuzz
	integration/fuzz/run $(SECONDS) $(TARGETS)

format:
	swift format --in-place --recursive --parallel Package.swift Sources Backends Tests integration
