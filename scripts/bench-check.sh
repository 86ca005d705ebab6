#!/usr/bin/env bash
# How long `spiffe-authz check` takes on 10 and on 10,000 policies: scripts/bench-check.sh [PATH_TO_COMMAND]
set -euo pipefail
command=${1:-target/release/spiffe-authz}
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

policies() {
    for ((number = 0; number < $1; number++)); do
        printf -- '---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p%d, namespace: shop}\n' "$number"
        printf 'spec:\n  selector: {matchLabels: {app: a%d}}\n  rules:\n' "$((number % 500))"
        printf '    - from: [{source: {principals: ["cluster.local/ns/shop/sa/s%d"]}}]\n' "$number"
        printf '      to: [{operation: {methods: ["GET"], paths: ["/orders/%d/*"]}}]\n' "$number"
    done
}

for count in 10 10000; do
    policies "$count" > "$folder/$count.yaml"
    if [ -n "$(command -v hyperfine)" ]; then
        hyperfine --warmup 2 --ignore-failure "$command check -q -f $folder/$count.yaml"
    else
        for _ in 1 2 3 4 5; do
            start=$(date +%s%N)
            "$command" check -q -f "$folder/$count.yaml" > /dev/null || true
            echo "$count policies: $((($(date +%s%N) - start) / 1000000)) ms"
        done
    fi
done
