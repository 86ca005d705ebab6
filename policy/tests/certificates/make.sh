#!/usr/bin/env bash
# Makes the certificates of this folder again: keys and serial numbers differ, what the tests read does not.
# Without arguments all of them; with the names of files these alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

authority() { # NAME SUBJECT-KEY-IDENTIFIER
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/$1.key" \
        -subj "/CN=$1" -days 36500 -out "$work/$1.pem" \
        -addext "subjectKeyIdentifier=$2" -addext "authorityKeyIdentifier=none"
}

wanted=" $* "

leaf() { # FILE NOT-AFTER [SUBJECT], and the extensions from standard input
    if [[ $wanted != "  " && $wanted != *" $1 "* ]]; then return; fi
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$work/leaf.key" \
        -subj "${3:-/}" -out "$work/leaf.csr"
    cat > "$work/extensions"
    : > "$work/index"
    cat > "$work/ca.cnf" <<CNF
[ca]
default_ca = issuer
[issuer]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
policy = anything
email_in_dn = no
unique_subject = no
[anything]
commonName = optional
CNF
    openssl ca -batch -notext -config "$work/ca.cnf" -cert "$work/issuer.pem" -keyfile "$work/issuer.key" \
        -startdate 20260101000000Z -enddate "$2" -extfile "$work/extensions" -in "$work/leaf.csr" -out "$1"
}

{
    authority issuer 0102030405060708090A0B0C0D0E0F1011121314

    leaf svid.pem 20270131180000Z <<'EXT'
subjectAltName = critical,URI:spiffe://cluster.local/ns/shop/sa/orders,DNS:orders.shop.example,DNS:*.orders.shop.example,IP:10.0.0.1,email:a@b.example
authorityKeyIdentifier = keyid:always
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth,clientAuth
EXT

    for name in frontend stranger; do
        leaf "$name.pem" 20270131180000Z "/CN=$name" <<EXT
subjectAltName = URI:spiffe://cluster.local/ns/shop/sa/$name
keyUsage = critical,digitalSignature
EXT
    done

    leaf authority.pem 20270131180000Z <<'EXT'
subjectAltName = critical,URI:spiffe://cluster.local/ns/shop/sa/orders
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
extendedKeyUsage = clientAuth,codeSigning
EXT

    leaf nothing-critical.pem 20270131180000Z <<'EXT'
subjectAltName = URI:spiffe://cluster.local/ns/shop/sa/orders
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth
EXT

    leaf two-uri-sans.pem 20991231235959Z <<'EXT'
subjectAltName = URI:spiffe://a/b,URI:https://c/d
authorityKeyIdentifier = none
EXT

    # No extension at all but the issuer's name and serial number in place of its key identifier.
    leaf no-san.pem 20270131180000Z <<'EXT'
authorityKeyIdentifier = issuer:always
EXT

    leaf san-is-no-list.pem 20270131180000Z <<'EXT'
subjectAltName = DER:0C:01:41
EXT

    leaf dns-san-is-no-text.pem 20270131180000Z <<'EXT'
subjectAltName = DER:30:03:82:01:FF
EXT

    leaf uri-san-is-no-text.pem 20270131180000Z <<'EXT'
subjectAltName = DER:30:03:86:01:FF
EXT
} 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
