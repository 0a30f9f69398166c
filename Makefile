# Two commands do it all: `make run` and `make test`.

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.7.0

.PHONY: run test build unit lint bench fuzz voices clean setup-run setup-test setup-bench

# The gateway with its built-in defaults, ready for a call.
run: setup-run build
	@$(BIN)/roombridge serve $(ARGS)

build:
	@mkdir -p $(BIN)
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/roombridge ./cmd/roombridge
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/roombridge-media ./cmd/roombridge-media

# Everything: formatting, vet, static analysis, the page's own tests, all
# packages with the race detector, and at last, when nothing else runs, the
# real terminals and browsers, whose figures are printed.
test: setup-test build lint unit

unit:
	cd web && npm ci --silent && node --test test/*.test.js
	CGO_ENABLED=1 $(GO) test -race -timeout 20m $$($(GO) list ./... | grep -v -e /e2e -e '/bench$$')
	CGO_ENABLED=1 $(GO) test -race -timeout 20m ./bench
	CGO_ENABLED=1 $(GO) test -run 'Alloc|Memory' ./bridge/... ./transcode/... # the race detector allocates
	CGO_ENABLED=1 $(GO) test -race -timeout 60m -v ./cmd/roombridge/e2e

lint:
	@out=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$out" ]; then echo "not gofmt-ed:"; echo "$$out"; exit 1; fi
	$(GO) vet ./...
	CGO_ENABLED=0 $(GO) vet ./cmd/roombridge/...
	$(GO) run $(STATICCHECK) ./...

# The micro-benchmarks of every package, how fast the pages are served, then the gateway as a process beside
# rtpengine and Janus (bench/README.md), in some minutes.
BENCHARGS ?= all -seconds 4 -rounds 3 -calls 2000 -legs 50,200,500
bench: setup-bench
	$(GO) test -run '^$$' -bench . -benchmem -benchtime 200ms ./...
	ROOMBRIDGE_PACE=1 $(GO) test -run '^TestPace$$' -v ./web
	$(GO) run ./bench $(BENCHARGS)

# Each fuzz target for a while: make fuzz FUZZTIME=1m
FUZZTIME ?= 10s
fuzz:
	@for p in $$($(GO) list ./...); do for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep ^Fuzz); do \
	  echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; done; done

setup-run:
	@deploy/setup.sh run

setup-test:
	@deploy/setup.sh test

# The prompts of the reception anew, with espeak-ng; they are kept in the repository.
voices: setup-test
	cd bridge/reception/voices && $(GO) run make.go

# The benchmark goes on without the peers that cannot be installed.
setup-bench:
	@deploy/setup.sh bench || true

clean:
	rm -rf $(BIN)
