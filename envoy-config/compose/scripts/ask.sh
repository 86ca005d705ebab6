#!/bin/bash
# ask.sh PEER METHOD PATH [HEADER..]: a request to a peer, sent as an application sends it: without TLS, to the port of loopback
# where the workload's own Envoy takes it. Prints the status and the body.
set -euo pipefail
source /mesh/ports.sh
peer=$1 method=$2 path=$3
shift 3

exec 3<>"/dev/tcp/127.0.0.1/${outbound_port[$peer]}"
{
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: 0\r\n' "$method" "$path" "$peer"
    for header in "$@"; do printf '%s\r\n' "$header"; done
    printf '\r\n'
} >&3
read -r _ status _ <&3
while IFS= read -r line <&3 && [[ $line != $'\r' ]]; do :; done
echo "$status"
cat <&3
