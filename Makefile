# Every target works as the first command on a fresh Debian 12 machine with a Swift toolchain, as root or with sudo.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run install deb test test-fresh test-deb test-docker soak bench docs lint format clean

help: ## Lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Installs what the build and the program need; silent when nothing is missing
	@scripts/setup

build: setup ## The set-up and a release build at .build/release/sluice
	@scripts/swift build -c release --product sluice --static-swift-stdlib

run: build ## The release build serving the demo of examples/
	@exec scripts/run

install: ## Copies the release build, unit and documentation: DESTDIR, PREFIX=/usr/local, SYSCONFDIR=/etc
	@packaging/install

deb: build ## The Debian package in .build/deb
	@scripts/setup --package
	@packaging/deb/build

test: ## The set-up and every test but the long ones
	@exec scripts/test

test-fresh: ## make run and make test on bare Debian 12 machines, as root and as a user with sudo; needs root
	@exec scripts/test-fresh

test-deb: deb ## The package's whole life under systemd on a bare machine; needs root
	@exec scripts/test-deb

test-docker: ## Dockerfile and compose file, carried out without Docker on bare machines; needs root
	@exec scripts/test-docker

soak: ## The long tests: sanitizers, long adversary and evaluator
	@exec scripts/test --soak

bench: build ## What backs the claims about speed and size
	@scripts/setup --test
	@exec scripts/bench

docs: ## Writes anew what of docs/ is written from the code
	@scripts/setup --test
	@SLUICE_WRITE_DOCS=1 scripts/swift test --disable-xctest --filter ReferenceTests
	@scripts/command-docs
	@scripts/target-graph

lint: ## Format, lengths, documentation of declarations, the drawn target graph
	@scripts/swift format lint --strict --parallel -r Package.swift Plugins Sources Tests
	@scripts/check-shape
	@scripts/target-graph --check

format: ## Rewrites the sources in the house format
	@scripts/swift format format --in-place --parallel -r Package.swift Plugins Sources Tests

clean: ## Removes what a build made; data in .sluice stays
	rm -rf .build .venv
