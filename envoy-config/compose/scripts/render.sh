#!/bin/bash
# Renders what each Envoy runs with. An Envoy that runs takes up changed policies at once; policies that are not valid change nothing.
set -euo pipefail
source /mesh/ports.sh

module=/etc/spiffe-authz/spiffe_authz_filter.wasm
cp /usr/local/share/spiffe-authz/spiffe_authz_filter.wasm "$module.new"
mv "$module.new" "$module"

render() { # WORKLOAD
    local peer outbound=() transport=()
    for peer in "${workloads[@]}"; do
        [[ $peer == "$1" ]] || outbound+=(--outbound
            "$peer,${outbound_port[$peer]},$MESH_NET.${host_number[$peer]}:15006,spiffe://cluster.local/ns/shop/sa/$peer")
    done
    # The frontend's listener takes plaintext, so that one can see the filter itself refuse it.
    [[ $1 != frontend ]] || transport=(--transport permissive)
    mkdir -p "/etc/spiffe-authz/$1"
    spiffe-authz render envoy --config /mesh-policies/policies.yaml --namespace shop --labels "app=$1" \
        --svid-files /run/spiffe-authz/svid --metrics 0.0.0.0:15090 --access-log /dev/stdout --ecds --module "$module" \
        --out "/etc/spiffe-authz/$1" --at "/etc/spiffe-authz/$1" "${outbound[@]}" "${transport[@]}"
}

for workload in "${workloads[@]}"; do
    render "$workload"
done
