#!/bin/sh
# Checks that what the build needs is there, and adds the WebAssembly target where it is missing.
# Silent on success; needs no network when everything is there already.
#
#   require-rust.sh           the targets the filter is built for
#   require-rust.sh TARGET..  these targets instead
set -eu

LEAST_MINOR=95
[ $# -gt 0 ] || set -- wasm32-wasip1

fail() {
    printf '%s\n' "require-rust: error: $1" >&2
    shift
    for line in "$@"; do printf '  %s\n' "$line" >&2; done
    exit 1
}

INSTALL_RUSTUP="sudo apt-get install rustup && rustup default stable (Debian 13, Ubuntu 24.04 or newer), brew install rustup (macOS), elsewhere see rust-lang.org, Install"

require_cargo() {
    for tool in cargo rustc; do
        command -v "$tool" >/dev/null || fail "$tool is missing" \
            "install Rust with rustup: $INSTALL_RUSTUP" \
            "already installed? open a new shell, or: . \"\$HOME/.cargo/env\""
    done
}

# Without rustup nothing reads rust-toolchain.toml, so the version is checked rather than assumed.
require_version() {
    printed=$(rustc --version) || fail "rustc does not run" "repair the toolchain: rustup toolchain install 1.$LEAST_MINOR.0"
    version=${printed#rustc }
    version=${version%% *}
    minor=${version#1.}
    minor=${minor%%.*}
    case $version:$minor in
    1.*:*[!0-9]* | 1.*:) fail "cannot read the version of Rust from \`$printed\`" ;;
    1.*) [ "$minor" -ge "$LEAST_MINOR" ] || fail "Rust $version is too old: 1.$LEAST_MINOR or newer is needed" \
        "rustup toolchain install 1.$LEAST_MINOR.0" ;;
    *) ;; # a later major version
    esac
}

# The TLS stack of the demo and the tests has C and assembly parts.
require_c_compiler() {
    for compiler in ${CC:+"$CC"} cc gcc clang; do
        # CC may hold options behind the compiler's name.
        command -v "${compiler%% *}" >/dev/null && return 0
    done
    fail "a C compiler is missing" "Debian, Ubuntu: sudo apt-get install gcc libc6-dev" "macOS:          xcode-select --install"
}

# Asked of the compiler itself, so that a target that came with a distribution's Rust counts as well.
has_target() {
    library=$(rustc --print target-libdir --target "$1" 2>/dev/null) || return 1
    [ -d "$library" ]
}

require_target() {
    ! has_target "$1" || return 0
    command -v rustup >/dev/null || fail "the Rust target $1 is missing, and so is rustup, which adds it" \
        "install rustup: $INSTALL_RUSTUP" "then: rustup target add $1"
    printf '%s\n' "require-rust: adding the Rust target $1" >&2
    rustup target add "$1" >&2 || fail "rustup could not add the target $1; what it said is above" \
        "try it: rustup target add $1"
}

# rustup picks the toolchain by the folder: the checkout's rust-toolchain.toml, wherever this was started.
case $0 in
*/*) cd "${0%/*}/.." ;;
*) cd .. ;;
esac

require_cargo
require_version
require_c_compiler
for target in "$@"; do require_target "$target"; done
