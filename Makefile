# Everything here works in a fresh clone; see CONTRIBUTING.md.
.PHONY: help test lint deny e2e e2e-gateway e2e-demo e2e-cases e2e-direct services stop clean-e2e clients conformance ci

help:
	@echo "make test         cargo test --workspace (no network, no Python)"
	@echo "make lint         formatting, clippy, rustdoc; warnings are errors"
	@echo "make deny         licences, sources and duplicates of the dependencies (cargo-deny)"
	@echo "make e2e          boto3 and the AWS CLI against the gateway before Ceph RGW and Keycloak,"
	@echo "                  and against the demo; installs what it needs (see e2e/run.py)"
	@echo "make e2e-gateway  a part of that: against the gateway;  make e2e-demo  against the demo"
	@echo "make e2e-cases    a part of that: what S3 does, at the stores and through the gateway"
	@echo "make e2e-direct   the same tests straight against RGW: are the tests right?"
	@echo "make clients      unmodified S3 clients, each from its registry, before the demo's store: docs/clients.md"
	@echo "make conformance SUITE=path/to/s3-tests STORE=rgw|garage|minio|embedded"
	@echo "                  the public suite at a store and through the gateway: docs/conformance"
	@echo "make services     starts RGW and Keycloak to play with;  make stop  ends them"
	@echo "make ci           all of it, as CI does (.ci/run)"

test:
	cargo test --workspace

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Also the crates of other platforms, which nothing here builds: their licences count.
deny:
	cargo fetch --locked -q
	cargo deny --offline check --hide-inclusion-graph bans licenses sources

e2e:
	e2e/run.sh

e2e-gateway:
	e2e/run.sh gateway

e2e-demo:
	e2e/run.sh demo

e2e-cases:
	e2e/run.sh cases

e2e-direct:
	e2e/run.sh direct

services:
	e2e/rgw.sh start
	e2e/keycloak.sh start

stop:
	e2e/keycloak.sh stop
	e2e/rgw.sh stop

clean-e2e: stop
	rm -rf target/e2e

clients:
	clients/run.py

# SUITE is a checkout of https://github.com/ceph/s3-tests.
conformance:
	@test -n "$(SUITE)" && test -n "$(STORE)" || { echo "usage: make conformance SUITE=path/to/s3-tests STORE=rgw|garage|minio|embedded"; exit 2; }
	conformance/run.sh --suite "$(SUITE)" --store "$(STORE)"

ci:
	bash .ci/run
