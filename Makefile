# Every target works as the first command on a fresh Debian 12 machine with a Swift toolchain, as root or with sudo.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run test soak bench docs lint format clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Installs what the build and the program need; silent when nothing is missing
	@scripts/setup

build: setup ## The set-up and a release build at .build/release/sluice
	@scripts/swift build -c release --product sluice --static-swift-stdlib

run: build ## The release build serving the demo of examples/
	@exec scripts/run

test: ## The set-up and every test but the long ones
	@exec scripts/test

soak: ## The long tests: sanitizers, long adversary and evaluator
	@exec scripts/test --soak

bench: build ## What backs the claims about speed and size
	@scripts/setup --test
	@exec scripts/bench

docs: ## Writes docs/reference.md anew from the code
	@scripts/setup --test
	@SLUICE_WRITE_DOCS=1 scripts/swift test --disable-xctest --filter ReferenceTests

lint: ## Format and style, strictly
	@scripts/swift format lint --strict --parallel -r Package.swift Plugins Sources Tests

format: ## Rewrites the sources in the house format
	@scripts/swift format format --in-place --parallel -r Package.swift Plugins Sources Tests

clean: ## Removes what a build made; data in .sluice stays
	rm -rf .build .venv
