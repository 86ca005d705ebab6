#!/bin/bash
# The application of $WORKLOAD, for its Envoy alone.
set -euo pipefail
source /mesh/ports.sh
outbound=()
for peer in "${workloads[@]}"; do
    [[ $peer == "$WORKLOAD" ]] || outbound+=("--outbound=$peer=127.0.0.1:${outbound_port[$peer]}")
done
exec spiffe-authz-demo application --name "$WORKLOAD" --listen 127.0.0.1:8080 --control 127.0.0.1:8081 "${outbound[@]}"
