# SPDX-License-Identifier: Apache-2.0
# demo: from a fresh machine to a finished run; test: everything that CI checks.

SHELL := /bin/bash
.SHELLFLAGS := -eo pipefail -c
.DEFAULT_GOAL := help

BUILD_FLAGS := --explicit-target-dependency-import-check error
FLOW := .build/release/flow
PREFIX ?= /usr/local

.PHONY: help deps build demo test lint bench chaos planted soak sanitize sim fuzz docs install clean

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/'

deps: ## Install the Debian and PyPI packages that are missing
	@scripts/install-dependencies

build: deps ## Build the release binary
	swift build -c release $(BUILD_FLAGS) --static-swift-stdlib --product flow

demo: build ## Run the IT-ops mode on the sample tickets, with a local model, to a report
	@scripts/demo $(FLOW)

test: deps lint ## Build with warnings as errors, check the format, run all tests
	swift build --build-tests $(BUILD_FLAGS)
	scripts/test

lint: ## Check the format
	swift format lint --strict --recursive --parallel Package.swift Sources Tests
	scripts/check-layout

bench: build ## Measure: ratios against floors in the same run
	@scripts/bench $(FLOW)

chaos: build ## Kill runs at many moments and compare (KILLS=n)
	@scripts/chaos-simulate
	@scripts/chaos $(FLOW)
	@scripts/chaos_kills.py $(FLOW) random --kills $(or $(KILLS),200)
	@scripts/chaos_kills.py $(FLOW) calls --step $(or $(STEP),10)
	@scripts/chaos_kills.py $(FLOW) history --step $(or $(STEP),5)
	@scripts/chaos_kills.py $(FLOW) hostile
	@scripts/chaos_kills.py $(FLOW) owners
	FLOW_RERUN_CASES=$(or $(RERUNS),10000) swift test $(BUILD_FLAGS) --no-parallel --filter RerunRunPropertyTests
	swift build -c release $(BUILD_FLAGS) --product FlowFaults && scripts/chaos-faults .build/release/FlowFaults

planted: deps ## Plant faults in a copy of the sources: the checks of chaos must find each
	scripts/planted

soak: ## Run very many short runs in one engine: nothing may be left in the process (RUNS=30000)
	swift build -c release $(BUILD_FLAGS) --product FlowSoak
	.build/release/FlowSoak --runs $(or $(RUNS),30000)

sanitize: ## Run the tests under the sanitizers of threads and of addresses
	scripts/sanitize

sim: build ## Simulate every workflow: all runs must end
	@scripts/simulate $(FLOW)

fuzz: ## Give the readers texts that are nearly right (MINUTES=10 for each, SEED=1)
	swift build -c release $(BUILD_FLAGS) --product FlowFuzz
	scripts/fuzz .build/release/FlowFuzz

docs: ## Check that the examples in docs/ run
	swift build $(BUILD_FLAGS) --product flow
	scripts/check-docs .build/debug/flow

install: build ## Install the binary, the workflows, the agents and the engines below PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/flow
	install -m 755 $(FLOW) $(DESTDIR)$(PREFIX)/bin/flow
	cp -R workflows agents engines samples $(DESTDIR)$(PREFIX)/share/flow/

clean: ## Remove what was built
	rm -rf .build
