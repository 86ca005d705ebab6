#!/bin/bash
# Makes the CA of the mesh, unless its volume has one.
set -euo pipefail
ca=/var/lib/spiffe-authz/ca
[[ -e $ca/ca.pem ]] || spiffe-authz svid ca --trust-domain cluster.local --out "$ca"
