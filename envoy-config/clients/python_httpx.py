"""A request with httpx, by mutual TLS, to a server that is known by its SPIFFE ID.

    python_httpx.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]

Prints the status and the body. Needs httpx.
"""

import ssl
import sys

import httpx


def spiffe_context(certificate: str, key: str, bundle: str, spiffe_id: str) -> ssl.SSLContext:
    """A context that presents this SVID and accepts this SPIFFE ID alone."""

    class SpiffeSocket(ssl.SSLSocket):
        """Ends the connection after the handshake, before a byte of a request, when somebody else answers."""

        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            names = self.getpeercert().get("subjectAltName", ())
            uris = [value for kind, value in names if kind == "URI"]
            # An X509-SVID has exactly one URI.
            if uris != [spiffe_id]:
                raise ssl.SSLCertVerificationError(f"the server is {uris}, not `{spiffe_id}`")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(bundle)
    # When the SVID was rotated, make a new context and a new client.
    context.load_cert_chain(certificate, key)
    # An SVID has no host name. The chain is verified all the same: verify_mode stays CERT_REQUIRED.
    context.check_hostname = False
    # httpx.AsyncClient takes `sslobject_class`, with the same method, in its place.
    context.sslsocket_class = SpiffeSocket
    return context


def main(arguments: list[str]) -> int:
    if len(arguments) not in (7, 8):
        print("usage: python_httpx.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]", file=sys.stderr)
        return 2
    host, port, certificate, key, bundle, spiffe_id, path, *method = arguments
    context = spiffe_context(certificate, key, bundle, spiffe_id)
    try:
        # trust_env: no proxy from the environment stands between a client and its peer.
        with httpx.Client(verify=context, trust_env=False, timeout=10) as client:
            response = client.request(method[0] if method else "GET", f"https://{host}:{port}{path}")
    except httpx.HTTPError as error:
        print(f"python_httpx.py: {error}", file=sys.stderr)
        return 1
    print(response.status_code)
    print(response.text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
