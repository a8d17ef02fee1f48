#!/usr/bin/env bash
# Real clients against real parts: see run.py. Brings its own Python packages, from PyPI, below
# target/e2e/venv.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=$PWD/target/e2e/venv

if ! cmp -s e2e/requirements.txt "$venv/requirements.txt"; then
    python=$(command -v python3) || { echo "e2e: python3 (3.10 or later) is needed" >&2; exit 1; }
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv" || { echo "e2e: no venv could be made; on Debian, apt-get install python3-venv" >&2; exit 1; }
    "$venv/bin/pip" install -q --disable-pip-version-check -r e2e/requirements.txt \
        || { echo "e2e: boto3, the AWS CLI and pytest could not be had from PyPI" >&2; exit 1; }
    cp e2e/requirements.txt "$venv/requirements.txt"
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Nothing of this machine's own AWS configuration may leak into the tests.
unset "${!AWS_@}" REQUESTS_CA_BUNDLE
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
exec "$venv/bin/python" e2e/run.py "$@"
