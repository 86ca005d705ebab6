#!/bin/bash
# Brings the demo mesh of envoy-config/compose/ up, tries who may call what, sees a rotation, a change of policies and the metrics, and
# takes everything down again, volumes included.
#
# Needs Docker and Compose (v2, or docker-compose 1.29), curl and openssl. Where no registry can be reached, base-images.sh makes the
# images that the mesh is built on. KEEP=1 leaves the mesh running. MESH_IMAGE names an image of the mesh that is there, so that none is
# built.
set -euo pipefail
cd "$(dirname "$0")/../.."
began=$SECONDS

missing() { printf 'compose-test: %s\n' "$@" >&2; exit 1; }
say() { printf '\n== %s (%s s)\n' "$*" "$((SECONDS - began))"; }

command -v docker >/dev/null || missing "docker is missing (Debian: sudo apt-get install docker.io docker-compose)"
docker info >/dev/null 2>&1 || missing "no Docker daemon answers: start it, or set DOCKER_HOST, or join the group docker"
for tool in curl openssl python3; do command -v "$tool" >/dev/null || missing "$tool is missing"; done
if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi
"${compose[@]}" version >/dev/null 2>&1 || missing "Compose is missing (Debian: sudo apt-get install docker-compose)"

scratch=$(mktemp -d)
project=spiffe-authz-test-$$
mesh() { "${compose[@]}" --project-name "$project" --file envoy-config/compose/docker-compose.yaml "$@"; }

finish() {
    status=$?
    if [[ $status != 0 ]]; then mesh logs --no-color --tail 4 2>&1 | tail -50 | cut -c1-300 || true; fi
    [[ ${KEEP:-} ]] || mesh down --volumes --timeout 3 >/dev/null 2>&1 || true
    rm -rf "$scratch"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Two Envoys of two tests may run beside each other: every port is a free one.
export FRONTEND_PORT=0 ORDERS_PORT=0 PAYMENTS_PORT=0 PROMETHEUS_PORT=0 GRAFANA_PORT=0
export MESH_NET=${MESH_NET:-10.151.$((RANDOM % 200 + 20))} SVID_VALID=15m SVID_EVERY=5s
export POLICIES=$scratch/policies.yaml
chmod 0755 "$scratch"
cmp envoy-config/compose/policies.yaml demo/policies.yaml
install -m 0644 envoy-config/compose/policies.yaml "$POLICIES"

say "images"
# An image that base-images.sh made has the crates of one lock file; it is of no use for another. The official one has no such label.
crates=$(docker image inspect --format '{{index .Config.Labels "spiffe-authz.crates"}}' rust:1.95-bookworm 2>/dev/null) || true
if [[ $crates =~ ^[0-9a-f]{64}$ && $crates != $(sha256sum Cargo.lock | cut -d ' ' -f 1) ]]; then
    docker rmi --force rust:1.95-bookworm >/dev/null
fi
for image in debian:bookworm-slim rust:1.95-bookworm envoyproxy/envoy:v1.40.0 prom/prometheus:v2.53.4; do
    docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null 2>&1 || { tests/compose/base-images.sh; break; }
done

say "up"
if [[ ${MESH_IMAGE:-} ]]; then build=--no-build; else build=--build; fi
mesh up "$build" --detach >"$scratch/up.log" 2>&1 || { tail -30 "$scratch/up.log" >&2; exit 1; }

# Waits until the command after the seconds succeeds.
eventually() { # SECONDS COMMAND..
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 0.5
    done
}

# Docker answers at once, where Compose would take seconds on a busy machine; the labels are Compose's, of both generations.
container() { # SERVICE
    docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$1"
}
healthy() { # SERVICE
    [[ $(docker inspect --format '{{.State.Health.Status}}' "$(container "$1")") == healthy ]]
}
for service in {frontend,orders,payments}{-svid,-envoy,} prometheus; do
    eventually 240 healthy "$service" || missing "$service does not become healthy"
done

declare -A containers
for service in {frontend,orders,payments}{-svid,-envoy,} prometheus; do containers[$service]=$(container "$service"); done
inside() { docker exec "${containers[$1]}" "${@:2}"; } # SERVICE COMMAND..

port() { docker port "${containers[$1]}" "$2/tcp" | sed 's/.*://'; }
frontend=$(port frontend-envoy 15006) orders=$(port orders-envoy 15006) payments=$(port payments-envoy 15006)
prometheus=$(port prometheus 9090)

say "certificates of clients"
# The keys leave the container that has the CA by standard output, and are this user's.
mesh run --rm --no-deps -T frontend-svid bash -c '
    set -eu
    out=/dev/shm/clients; mkdir $out
    issue() { spiffe-authz --quiet svid issue --ca "$1" --spiffe-id "spiffe://cluster.local/ns/$2" --out "$out/$3" --valid "$4" >&2; }
    ca=/var/lib/spiffe-authz/ca
    issue $ca shop/sa/frontend frontend 1h
    issue $ca shop/sa/payments payments 1h
    issue $ca other/sa/frontend other-namespace 1h
    issue $ca shop/sa/frontend expired 1s
    spiffe-authz --quiet svid ca --trust-domain cluster.local --out $out/ca >&2
    issue $out/ca shop/sa/frontend other-ca 1h
    rm -r $out/ca
    tar -C $out -chf - .' 2>"$scratch/issue.log" | tar -C "$scratch" -xf - || { cat "$scratch/issue.log" >&2; exit 1; }
sleep 2 # until one of them is over

wrong=0
row() { # FROM TO REQUEST EXPECTED GOT
    local mark=✓
    [[ $4 == "$5" ]] || { mark=✗ wrong=$((wrong + 1)); }
    printf ' %s %-26s %-9s %-42s %-10s %s\n' "$mark" "$1" "$2" "$3" "$4" "$5"
}

application() { # FROM TO METHOD PATH EXPECTED [HEADER..]
    local from=$1 to=$2 method=$3 path=$4 expected=$5 got
    shift 5
    got=$(inside "$from" bash /mesh/ask.sh "$to" "$method" "$path" "$@" 2>/dev/null | head -n 1) || true
    row "$from" "$to" "$method $path${1:+ + XFCC}" "$expected" "$got"
}

# Who checks the server's SPIFFE ID, as a client should.
client() { # CERTIFICATE TO METHOD PATH EXPECTED
    local folder=$scratch/$1 got
    got=$(envoy-config/clients/curl.sh 127.0.0.1 "${!2}" "$folder/svid.pem" "$folder/svid_key.pem" "$scratch/frontend/svid_bundle.pem" \
        "spiffe://cluster.local/ns/shop/sa/$2" "$4" "$3" 2>/dev/null | head -n 1) || true
    row "client, $1" "$2" "$3 $4" "$5" "${got:-no answer}"
}

# Whoever does not care: what arrives is for the server to refuse.
stranger() { # LABEL TO METHOD PATH EXPECTED [OPTION OF CURL..]
    local label=$1 to=$2 method=$3 path=$4 expected=$5 got
    shift 5
    got=$(curl --silent --insecure --max-time 10 --request "$method" --output /dev/null --write-out '%{http_code}' "$@$path") || got="no answer"
    row "client, $label" "$to" "$method $path" "$expected" "$got"
}

say "who may call what"
printf '   %-26s %-9s %-42s %-10s %s\n' from to request expected got
application frontend orders GET /orders/7 200
application frontend orders POST /orders 200
application orders payments POST /payments 200
application frontend payments GET /healthz 200
application payments frontend GET / 200
application frontend orders DELETE /orders/7 403
application frontend orders GET /invoices/7 403
application payments orders GET /orders/7 403
application frontend payments POST /payments 403
application orders frontend GET /admin 403
application frontend orders GET /orders/../admin 403
application frontend orders GET /orders/%2e%2e/admin 403
application frontend orders GET //admin 403
xfcc() { printf 'x-forwarded-client-cert: By=spiffe://cluster.local/ns/shop/sa/orders;URI=spiffe://cluster.local/ns/shop/sa/%s' "$1"; }
application payments orders GET /orders/7 403 "$(xfcc frontend)"
application frontend orders GET /orders/7 200 "$(xfcc payments)"
client frontend orders GET /orders/7 200
client payments orders GET /orders/7 403
client other-namespace orders GET /orders/7 403
tls() { printf -- '--cert\n%s\n--key\n%s\n' "$scratch/$1/svid.pem" "$scratch/$1/svid_key.pem"; }
mapfile -t valid < <(tls frontend)
mapfile -t other_ca < <(tls other-ca)
mapfile -t expired < <(tls expired)
stranger "SVID of frontend" orders GET /orders/7 200 "${valid[@]}" "https://127.0.0.1:$orders"
stranger "another CA" orders GET /orders/7 "no answer" "${other_ca[@]}" "https://127.0.0.1:$orders"
stranger "expired SVID" orders GET /orders/7 "no answer" "${expired[@]}" "https://127.0.0.1:$orders"
stranger "no certificate" orders GET /orders/7 "no answer" "https://127.0.0.1:$orders"
stranger "no certificate" payments GET /healthz "no answer" "https://127.0.0.1:$payments"
stranger plaintext orders GET /orders/7 "no answer" "http://127.0.0.1:$orders"
stranger plaintext frontend GET / 403 "http://127.0.0.1:$frontend"
stranger plaintext payments GET /healthz 200 "http://127.0.0.1:$payments"
stranger plaintext payments GET /healthz 200 --header "$(xfcc orders)" "http://127.0.0.1:$payments"
stranger plaintext payments POST /payments 403 "http://127.0.0.1:$payments"
stranger plaintext payments POST /payments 403 --header "$(xfcc orders)" "http://127.0.0.1:$payments"

reach() { # PORT: from payments' network to what is in orders'
    inside payments timeout 3 bash -c "exec 3<>/dev/tcp/$MESH_NET.12/$1" >/dev/null 2>&1 && echo reached || echo refused
}
row payments orders "connect to the application, past Envoy" refused "$(reach 8080)"
row payments orders "connect to Envoy's admin interface" refused "$(reach 15000)"
row payments orders "connect to an outbound listener" refused "$(reach 15103)"
row payments orders "connect to the inbound listener" reached "$(reach 15006)"

say "what the containers may do"
confined() { # SERVICE
    docker inspect --format '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}' \
        "${containers[$1]}" | grep -Eq '^[1-9][0-9]*:[0-9]+ true \[ALL\] \[no-new-privileges:true\] false$' && echo confined || echo free
}
for service in {frontend,orders,payments}{-svid,-envoy,} prometheus; do row "$service" - "no root, read-only, no capability" confined "$(confined "$service")"; done

say "the filter's image for Istio"
filter_image() { # one layer with plugin.wasm, which is the filter to the byte
    local folder=$scratch/filter-image
    mkdir -p "$folder/saved"
    inside frontend-svid cat /usr/local/share/spiffe-authz/spiffe_authz_filter.wasm >"$folder/spiffe_authz_filter.wasm"
    docker build --quiet --file envoy-config/istio/Dockerfile --tag "$project-filter" "$folder" >/dev/null 2>&1
    docker save "$project-filter" | tar -C "$folder/saved" -xf -
    docker rmi "$project-filter" >/dev/null
    python3 - "$folder" <<'PYTHON'
import json, pathlib, sys, tarfile
folder = pathlib.Path(sys.argv[1])
(layer,) = json.loads((folder / "saved/manifest.json").read_text())[0]["Layers"]
with tarfile.open(folder / "saved" / layer) as tar:
    assert tar.getnames() == ["plugin.wasm"], tar.getnames()
    assert tar.extractfile("plugin.wasm").read() == (folder / "spiffe_authz_filter.wasm").read_bytes()
PYTHON
}
(filter_image) && got="plugin.wasm" || got="something else"
row Dockerfile - "one layer, the filter to the byte" plugin.wasm "$got"

say "the commands of docs/compose.md"
page=$PWD/docs/compose.md root=$PWD
block() { awk -v wanted="$1" '/^```sh$/ { at++; inside = at == wanted; next } /^```$/ { inside = 0 } inside' "$page"; }
as_compose() { # ARGUMENT..: `docker compose` without a terminal, for this project
    (cd "$root" && mesh "$1" -T "${@:2}" </dev/null)
}
while IFS='#' read -r line expected; do
    read -ra words <<<"$line"
    got=$(as_compose "${words[@]:2}" 2>/dev/null | head -n 1) || true
    row "${words[3]}" "${words[6]}" "${words[*]:7}" "${expected// /}" "$got"
done < <(block 2)
with_an_svid() (
    docker() { as_compose "${@:2}"; }
    mkdir -p "$scratch/page/compose"
    ln -s "$root/envoy-config/clients" "$scratch/page/clients"
    cd "$scratch/page/compose"
    eval "$(block 3 | sed "s/15442/$orders/; s/ -T / /")"
)
row frontend orders "by curl.sh, with its SVID" 200 "$(with_an_svid | head -n 1)"

say "rotation"
fingerprint() {
    openssl s_client -connect "127.0.0.1:$orders" -cert "$scratch/frontend/svid.pem" -key "$scratch/frontend/svid_key.pem" </dev/null 2>/dev/null \
        | openssl x509 -noout -fingerprint
}
before=$(fingerprint)
rotated() { [[ $(fingerprint) != "$before" ]]; }
eventually 20 rotated && got=rotated || got="the same certificate"
row orders - "a new SVID, every $SVID_EVERY" rotated "$got"
application frontend orders GET /orders/7 200

say "a change of policies, without a restart"
sed -i 's#principals: \["cluster.local/ns/shop/sa/frontend"\]#principals: ["cluster.local/ns/shop/sa/frontend", "cluster.local/ns/shop/sa/payments"]#' "$POLICIES"
mesh run --rm --no-deps -T render >/dev/null 2>"$scratch/render.log" || { cat "$scratch/render.log" >&2; exit 1; }
answers() { [[ $(inside payments bash /mesh/ask.sh orders GET /orders/7 2>/dev/null | head -n 1) == "$1" ]]; }
eventually 15 answers 200 || true
application payments orders GET /orders/7 200
sed -i 's/action: DENY/action: DENIES/' "$POLICIES"
mesh run --rm --no-deps -T render >"$scratch/render.log" 2>&1 && got=taken || got=refused
row render - "policies that are not valid" refused "$got"
application payments orders GET /orders/7 200
application orders frontend GET /admin 403

say "Prometheus"
query() { curl --silent --get --data-urlencode "query=$1" "http://127.0.0.1:$prometheus/api/v1/query" | python3 -c '
import json, sys
print(" ".join(result["value"][1] for result in json.load(sys.stdin)["data"]["result"]) or "nothing")'; }
up() { [[ $(query 'sum(up{job="spiffe-authz"})') == 3 ]]; }
eventually 30 up || true
row prometheus - "targets up" 3 "$(query 'sum(up{job="spiffe-authz"})')"
denied='sum(spiffe_authz_requests_total{workload="orders",decision="deny",cause="matched-deny",policy="shop/no-admin"}) >= bool 3'
counted() { [[ $(query "$denied") == 1 ]]; }
eventually 30 counted || true
row prometheus orders "three denials by shop/no-admin are counted" 1 "$(query "$denied")"
rules=$(curl --silent "http://127.0.0.1:$prometheus/api/v1/rules?type=alert" | python3 -c '
import json, sys
rules = [rule for group in json.load(sys.stdin)["data"]["groups"] for rule in group["rules"]]
print("healthy" if rules and all(rule["health"] != "err" for rule in rules) else rules or "none")')
row prometheus - "the alert rules are evaluated" healthy "$rules"

say "done: $wrong rows are not as they should be"
[[ $wrong == 0 ]]
