#!/usr/bin/env bash
# The public functional suite for S3, straight at a store and through the gateway: see run.py.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source e2e/venv.sh conformance
PYTHONPATH=$PWD/e2e:$PWD/conformance exec "$venv/bin/python" conformance/run.py "$@"
