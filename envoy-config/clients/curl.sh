#!/bin/sh
# A request with curl, by mutual TLS, to a server that is known by its SPIFFE ID.
#
#   curl.sh HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]
#
# Prints the status and the body. Ends with 0, with 3 for a status from 400 on, and with 1 where nobody answered who may.
# curl compares host names, and an SVID has none. So openssl verifies the server's certificate against
# the trust bundle and reads its SPIFFE ID, and curl then takes that very key and no other.
set -eu

[ $# -ge 7 ] || { echo "usage: curl.sh HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]" >&2; exit 2; }
host=$1 port=$2 certificate=$3 key=$4 bundle=$5 spiffe_id=$6 path=$7 method=${8:-GET}

fail() { echo "curl.sh: $1" >&2; exit 1; }

# The hash of the server's key, once its chain and its SPIFFE ID are right.
server_key() {
    # Fails when no authority of the bundle vouches for the certificate.
    leaf=$(openssl s_client -connect "$host:$port" -cert "$certificate" -key "$key" -CAfile "$bundle" \
        -verify_return_error </dev/null 2>/dev/null | openssl x509 2>/dev/null) \
        || fail "no connection to $host:$port, or its certificate is not of this trust bundle"

    # An X509-SVID has exactly one URI, so two of them are not equal to the expected one either.
    found=$(printf '%s\n' "$leaf" | openssl x509 -noout -ext subjectAltName | tr ',' '\n' | sed -n 's/^ *URI://p')
    [ "$found" = "$spiffe_id" ] || fail "the server is \`$found\`, not \`$spiffe_id\`"

    printf '%s\n' "$leaf" | openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64
}

# --insecure switches off the comparison of host names; --pinnedpubkey holds all the same.
ask() {
    curl --silent --show-error --insecure --pinnedpubkey "sha256//$1" --path-as-is --max-time 10 \
        --cert "$certificate" --key "$key" --request "$method" --output - --write-out '\n%{http_code}\n' \
        "https://$host:$port$path"
}

# The server's SVID may be rotated between the two connections. Its new key is then checked as the first was.
another_key=90
for attempt in 1 2 3; do
    pin=$(server_key) || exit 1
    status=0
    answer=$(ask "$pin") || status=$?
    [ "$status" = "$another_key" ] || break
done
[ "$status" = 0 ] || fail "no answer from $host:$port (curl ends with $status)"

# The status comes last and is wanted first.
code=$(printf '%s\n' "$answer" | tail -n 1)
printf '%s\n' "$code"
printf '%s\n' "$answer" | sed '$d'
[ "$code" -lt 400 ] || exit 3
