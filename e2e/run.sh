#!/usr/bin/env bash
# Real clients against real parts: see run.py.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source e2e/venv.sh e2e
exec "$venv/bin/python" e2e/run.py "$@"
