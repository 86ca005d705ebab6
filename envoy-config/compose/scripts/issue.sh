#!/bin/bash
# Issues the SVID of $WORKLOAD, and a new one in time, until it is told to end.
set -euo pipefail
exec spiffe-authz svid issue --ca /var/lib/spiffe-authz/ca --spiffe-id "spiffe://cluster.local/ns/shop/sa/$WORKLOAD" \
    --out /run/spiffe-authz/svid --valid "$SVID_VALID" --every "$SVID_EVERY" --watch
