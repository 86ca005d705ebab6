# Where the Envoy of a workload takes requests for a peer, and the peer's address. Read by render.sh, serve.sh and ask.sh.
workloads=(frontend orders payments)
declare -A outbound_port=([frontend]=15101 [orders]=15102 [payments]=15103)
declare -A host_number=([frontend]=11 [orders]=12 [payments]=13)
