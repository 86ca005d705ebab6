#!/bin/sh
# Prints the path of a Prometheus of 2.40 or newer, with promtool beside it, on standard output; everything else goes to
# standard error. Without one it fails and says why: the tests that need one are skipped then.
#
# The first of these that there is:
#   1. $PROMETHEUS_BIN           must run, and promtool must lie beside it, or this is an error
#   2. prometheus on PATH        with promtool beside it
#   3. .tools/ of the checkout   when it was unpacked before
#   4. the distribution's package, where apt-get and dpkg are: apt checks it against the signed index
#
# Needs no root, and installs nothing: the package is unpacked into .tools/ of the checkout.
set -eu

case $0 in
*/*) scripts=$(cd "${0%/*}" && pwd) ;;
*) scripts=$(pwd) ;;
esac
tools=${scripts%/*}/.tools
unpacked=$tools/prometheus/prometheus

say() { printf '%s\n' "fetch-prometheus: $*" >&2; }

fail() {
    say "error: $1"
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

# Whether $1 and the promtool beside it run.
runs() {
    "$1" --version >/dev/null 2>&1 && "${1%/*}/promtool" --version >/dev/null 2>&1
}

from_environment() {
    path=$(command -v -- "$PROMETHEUS_BIN") ||
        fail "PROMETHEUS_BIN is \`$PROMETHEUS_BIN\`, which is not an executable file"
    runs "$path" || fail "PROMETHEUS_BIN is \`$PROMETHEUS_BIN\`; it and a promtool beside it must run"
    printf '%s\n' "$path"
}

from_path() {
    path=$(command -v prometheus) || return 1
    runs "$path" || { say "passing over $path: it or the promtool beside it does not run"; return 1; }
    printf '%s\n' "$path"
}

from_checkout() {
    runs "$unpacked" && printf '%s\n' "$unpacked"
}

from_distribution() {
    for needed in apt-get dpkg; do
        command -v $needed >/dev/null || fail "there is no prometheus, and no $needed to fetch it with" \
            "macOS: brew install prometheus, or name one: PROMETHEUS_BIN=/path/to/prometheus"
    done
    mkdir -p "$tools/prometheus"
    temporary=$(mktemp -d "$tools/fetching.XXXXXX")
    trap 'rm -rf "$temporary"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    say "downloading the distribution's prometheus (once; about 20 MB)"
    (cd "$temporary" && apt-get download prometheus >apt.log 2>&1) ||
        { cat "$temporary/apt.log" >&2; fail "apt-get could not download prometheus" \
            "try \`apt-get update\` as root, or name one: PROMETHEUS_BIN=/path/to/prometheus"; }
    dpkg -x "$temporary"/prometheus_*.deb "$temporary/package"
    runs "$temporary/package/usr/bin/prometheus" || fail "the unpacked prometheus does not run on this system"
    # Renames within one file system: another run sees the old files or the whole new ones.
    mv -f "$temporary/package/usr/bin/promtool" "$tools/prometheus/promtool"
    mv -f "$temporary/package/usr/bin/prometheus" "$unpacked"
    printf '%s\n' "$unpacked"
}

[ -z "${PROMETHEUS_BIN:-}" ] || { from_environment; exit; }
from_path || from_checkout || from_distribution
