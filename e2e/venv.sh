# Sourced by run.sh here and in conformance/, at the root of the project: makes `venv`, with what a file of requirements
# lists from PyPI, and keeps this machine's own AWS configuration away from whatever runs in it.
#
#   source e2e/venv.sh FOLDER      FOLDER/requirements.txt, in target/FOLDER/venv
venv=$PWD/target/$1/venv

if ! cmp -s "$1/requirements.txt" "$venv/requirements.txt"; then
    python=$(command -v python3) || { echo "$1: python3 (3.10 or later) is needed" >&2; exit 1; }
    rm -rf "$venv"
    mkdir -p "$(dirname "$venv")"
    "$python" -m venv "$venv" || { echo "$1: no venv could be made; on Debian, apt-get install python3-venv" >&2; exit 1; }
    "$venv/bin/pip" install -q --disable-pip-version-check -r "$1/requirements.txt" \
        || { echo "$1: what $1/requirements.txt lists could not be had from PyPI" >&2; exit 1; }
    cp "$1/requirements.txt" "$venv/requirements.txt"
fi
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
unset "${!AWS_@}" REQUESTS_CA_BUNDLE
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true
