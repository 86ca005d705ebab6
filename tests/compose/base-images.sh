#!/bin/bash
# Makes the images that the compose file and its Dockerfile name, those that Docker does not have, where no registry can be reached:
# Debian by debootstrap, Rust from the toolchain and the crates of this machine, Envoy and Prometheus from their binaries.
#
# Needs root, debootstrap and Debian's archive. They are for the test alone: who has a registry has the real ones.
set -euo pipefail
cd "$(dirname "$0")/../.."

DEBIAN=debian:bookworm-slim
RUST=rust:1.95-bookworm
ENVOY=envoyproxy/envoy:v1.40.0
PROMETHEUS=prom/prometheus:v2.53.4

say() { printf 'base-images: %s\n' "$*" >&2; }
has() { docker image inspect "$1" >/dev/null 2>&1; }

for image in "$DEBIAN" "$RUST" "$ENVOY" "$PROMETHEUS"; do has "$image" || missing=yes; done
[[ ${missing:-} ]] || exit 0
[[ $(id -u) == 0 ]] || { say "needs root, to make a root folder of Debian"; exit 1; }
command -v debootstrap >/dev/null || { say "debootstrap is missing: apt-get install debootstrap"; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

import() { # FOLDER IMAGE [INSTRUCTION..]
    local folder=$1 image=$2 changes=() change
    shift 2
    for change in "$@"; do changes+=(--change "$change"); done
    tar -C "$folder" --exclude='./proc/*' --exclude='./sys/*' --exclude='./var/cache/apt/archives/*.deb' -c . \
        | docker import "${changes[@]}" - "$image" >/dev/null
    say "made $image"
}

debian() {
    debootstrap --variant=minbase bookworm "$scratch/debian" >"$scratch/log" 2>&1 || { tail -5 "$scratch/log" >&2; exit 1; }
    import "$scratch/debian" "$DEBIAN"
}

# What the official image has: rustup, cargo and a C compiler; the crates beside it, and no wish for a network.
rust() {
    local root=$scratch/rust version=1.95.0-x86_64-unknown-linux-gnu toolchain
    toolchain=$(rustc +1.95.0 --print sysroot)
    debootstrap --variant=minbase --include=gcc,libc6-dev,make,ca-certificates bookworm "$root" >"$scratch/log" 2>&1 \
        || { tail -5 "$scratch/log" >&2; exit 1; }
    cargo fetch --locked --quiet
    mkdir -p "$root/usr/local/cargo/registry" "$root/usr/local/cargo/bin" "$root/usr/local/rustup/toolchains/$version"
    cp -a "${CARGO_HOME:-$HOME/.cargo}"/registry/{cache,index} "$root/usr/local/cargo/registry/"
    cp -aL "$(command -v rustup)" "$root/usr/local/cargo/bin/"
    ln -s rustup "$root/usr/local/cargo/bin/cargo"
    ln -s rustup "$root/usr/local/cargo/bin/rustc"
    cp -aL "$toolchain"/{bin,lib,libexec} "$root/usr/local/rustup/toolchains/$version/"
    import "$root" "$RUST" "ENV PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        "ENV CARGO_HOME=/usr/local/cargo" "ENV RUSTUP_HOME=/usr/local/rustup" "ENV CARGO_NET_OFFLINE=true" \
        "LABEL spiffe-authz.crates=$(sha256sum Cargo.lock | cut -d ' ' -f 1)"
}

on_debian() { # IMAGE FOLDER < DOCKERFILE
    DOCKER_BUILDKIT=0 docker build --quiet --tag "$1" --file - "$2" >/dev/null 2>"$scratch/log" || { tail -5 "$scratch/log" >&2; exit 1; }
    say "made $1"
}

envoy() {
    mkdir "$scratch/envoy"
    cp "$(scripts/fetch-envoy.sh)" "$scratch/envoy/envoy"
    printf 'FROM %s\nCOPY envoy /usr/local/bin/envoy\n' "$DEBIAN" >"$scratch/envoy/Dockerfile"
    on_debian "$ENVOY" "$scratch/envoy" <"$scratch/envoy/Dockerfile"
}

prometheus() {
    local root=$scratch/prometheus
    mkdir "$root"
    (cd "$root" && apt-get download -qq prometheus >/dev/null && dpkg-deb -x prometheus_*.deb .)
    printf 'FROM %s\nCOPY usr/bin/prometheus usr/bin/promtool /bin/\n' "$DEBIAN" >"$root/Dockerfile"
    on_debian "$PROMETHEUS" "$root" <"$root/Dockerfile"
}

has "$DEBIAN" || debian
has "$RUST" || rust
has "$ENVOY" || envoy
has "$PROMETHEUS" || prometheus
