"""A unary gRPC call with grpcio, by mutual TLS, to a server that is known by its SPIFFE ID.

    python_grpc.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID /PACKAGE.SERVICE/METHOD

Prints the gRPC status, as `7 PERMISSION_DENIED` for a call that policies deny, and its message. Needs grpcio.
"""

import sys
from pathlib import Path

import grpc


def spiffe_channel(target: str, certificate: str, key: str, bundle: str, spiffe_id: str) -> grpc.Channel:
    """A channel that presents this SVID and accepts this SPIFFE ID alone.

    grpcio has no hook for the server's certificate. It compares its target's name with every subject alternative name, URIs among
    them, and so the SPIFFE ID is given as that name. It does so without regard to case: no two workloads should have SPIFFE IDs
    that differ in case alone.
    """
    credentials = grpc.ssl_channel_credentials(
        root_certificates=Path(bundle).read_bytes(),
        private_key=Path(key).read_bytes(),
        certificate_chain=Path(certificate).read_bytes(),
    )
    options = [("grpc.ssl_target_name_override", spiffe_id), ("grpc.enable_http_proxy", 0)]
    return grpc.secure_channel(target, credentials, options)


def main(arguments: list[str]) -> int:
    if len(arguments) != 7:
        print("usage: python_grpc.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID /PACKAGE.SERVICE/METHOD", file=sys.stderr)
        return 2
    host, port, certificate, key, bundle, spiffe_id, method = arguments
    with spiffe_channel(f"{host}:{port}", certificate, key, bundle, spiffe_id) as channel:
        # Messages are bytes here; with generated code, give the channel to the stub instead.
        call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
        try:
            call(b"", timeout=10)
        except grpc.RpcError as error:
            number, _ = error.code().value
            print(f"{number} {error.code().name}\n{error.details()}")
            # Nobody answered who may: no connection, or somebody else at its end.
            return 1 if error.code() == grpc.StatusCode.UNAVAILABLE else 0
    print("0 OK")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
