# The verbs. Each is a line in scripts/; start with `make demo` or `make test`. HACKING.md tells more.
.PHONY: help setup build demo playground test bench fuzz soak lint format docs model

help:
	@scripts/help

setup:
	@scripts/setup all

build:
	@scripts/build

demo:
	@scripts/demo

playground:
	@PORT="$(PORT)" scripts/playground

test:
	@scripts/test

bench:
	@SUITE="$(SUITE)" QUICK="$(QUICK)" scripts/bench

fuzz:
	@SECONDS_EACH="$(SECONDS_EACH)" FUZZER="$(FUZZER)" scripts/fuzz

soak:
	@scripts/soak

lint:
	@scripts/lint

format:
	@scripts/format

docs:
	@scripts/docs

model:
	@scripts/model
