#!/usr/bin/env bash
# The public functional suite for S3, straight at a store and through the gateway: see run.py. Brings what
# the suite needs, from PyPI, below target/conformance/venv.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=$PWD/target/conformance/venv

if ! cmp -s conformance/requirements.txt "$venv/requirements.txt"; then
    python=$(command -v python3) || { echo "conformance: python3 (3.10 or later) is needed" >&2; exit 1; }
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv" || { echo "conformance: no venv could be made; on Debian, apt-get install python3-venv" >&2; exit 1; }
    "$venv/bin/pip" install -q --disable-pip-version-check -r conformance/requirements.txt \
        || { echo "conformance: what the suite needs could not be had from PyPI" >&2; exit 1; }
    cp conformance/requirements.txt "$venv/requirements.txt"
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=$PWD/e2e:$PWD/conformance
# Nothing of this machine's own AWS configuration may leak into the cases.
unset "${!AWS_@}" REQUESTS_CA_BUNDLE
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
exec "$venv/bin/python" conformance/run.py "$@"
