"""A TLS context for mutual TLS with a server that is known by its SPIFFE ID; for httpx, asyncio and whatever takes an SSLContext."""

import ssl


def spiffe_context(certificate: str, key: str, bundle: str, spiffe_id: str) -> ssl.SSLContext:
    """A context that presents this SVID and accepts this SPIFFE ID alone. When the SVID was rotated, make a new one."""

    class Checked:
        """Ends the connection after the handshake, before a byte of a request, when somebody else answers."""

        def do_handshake(self, *arguments: bool) -> None:
            super().do_handshake(*arguments)
            names = self.getpeercert().get("subjectAltName", ())
            uris = [value for kind, value in names if kind == "URI"]
            # An X509-SVID has exactly one URI.
            if uris != [spiffe_id]:
                raise ssl.SSLCertVerificationError(f"the server is {uris}, not `{spiffe_id}`")

    class CheckedSocket(Checked, ssl.SSLSocket):
        pass

    class CheckedObject(Checked, ssl.SSLObject):
        pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(bundle)
    context.load_cert_chain(certificate, key)
    # An SVID has no host name. The chain is verified all the same: verify_mode stays CERT_REQUIRED.
    context.check_hostname = False
    # Sockets that block, and asyncio.
    context.sslsocket_class = CheckedSocket
    context.sslobject_class = CheckedObject
    return context
