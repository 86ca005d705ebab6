#!/bin/sh
# Prints the path of a Python that has what the Python clients of envoy-config/clients/ need: a virtual environment in .tools/, made
# once, from the wheels that scripts/python-clients-requirements.txt pins by their hashes. Everything else goes to standard error.
set -eu

scripts=$(cd "$(dirname "$0")" && pwd)
folder=${scripts%/*}/.tools/python-clients
requirements=$scripts/python-clients-requirements.txt

fail() { printf 'fetch-python-clients: error: %s\n' "$1" >&2; exit 1; }

# Made of these very requirements, and of a Python that is still there.
if cmp -s "$requirements" "$folder/requirements.txt" && "$folder/bin/python" -c 'import grpc, httpx' 2>/dev/null; then
    echo "$folder/bin/python"
    exit
fi

command -v python3 >/dev/null || fail "python3 is missing (Debian: sudo apt-get install python3 python3-venv)"
echo "fetch-python-clients: fetching httpx and grpcio (once; about 8 MB)" >&2
# The list is written last: it marks an environment that is whole.
rm -rf "$folder"
python3 -m venv "$folder" >&2 || fail "python3 makes no virtual environment (Debian: sudo apt-get install python3-venv)"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps --only-binary=:all: \
    -r "$requirements" >&2 || fail "the packages could not be fetched; what pip said is above"
cp "$requirements" "$folder/requirements.txt"
echo "$folder/bin/python"
