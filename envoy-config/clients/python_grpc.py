"""A unary gRPC call with grpcio, by mutual TLS, to a server that is known by its SPIFFE ID.

    python_grpc.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID /PACKAGE.SERVICE/METHOD

Prints the gRPC status, as `7 PERMISSION_DENIED` for a call that policies deny, and its message. Ends with 0, with 3 for a status other
than 0, and with 1 for `14 UNAVAILABLE`: nobody answered who may. Needs grpcio, and spiffe_context.py beside it.

grpcio's own TLS compares host names and asks nobody else, and an SVID has no host name. So Python's TLS makes the connection, and grpcio
speaks through it: over a socket in a folder that this user alone can enter.
"""

import asyncio
import contextlib
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator

import grpc

from spiffe_context import spiffe_context


@contextlib.asynccontextmanager
async def spiffe_channel(host: str, port: int, context: ssl.SSLContext) -> AsyncIterator[grpc.aio.Channel]:
    """A channel whose connections are made with this context."""
    context.set_alpn_protocols(["h2"])

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            peer_reader, peer_writer = await asyncio.open_connection(host, port, ssl=context)
            await asyncio.gather(copy(reader, peer_writer), copy(peer_reader, writer))
        except OSError as error:
            print(f"python_grpc.py: {error}", file=sys.stderr)
        finally:
            writer.close()

    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/channel"
        async with await asyncio.start_unix_server(tunnel, path):
            async with grpc.aio.insecure_channel(f"unix:{path}", [("grpc.default_authority", f"{host}:{port}")]) as channel:
                yield channel


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Passes on what comes until it ends."""
    while received := await reader.read(65536):
        writer.write(received)
        await writer.drain()
    writer.close()


async def main(arguments: list[str]) -> int:
    if len(arguments) != 7:
        print("usage: python_grpc.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID /PACKAGE.SERVICE/METHOD", file=sys.stderr)
        return 2
    host, port, certificate, key, bundle, spiffe_id, method = arguments
    context = spiffe_context(certificate, key, bundle, spiffe_id)
    async with spiffe_channel(host, int(port), context) as channel:
        # Messages are bytes here; with generated code, give the channel to the stub instead.
        call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
        try:
            await call(b"", timeout=10)
        except grpc.RpcError as error:
            number, _ = error.code().value
            print(f"{number} {error.code().name}\n{error.details()}")
            # Unavailable: no connection, or somebody else at its end.
            return 1 if error.code() == grpc.StatusCode.UNAVAILABLE else 3
    print("0 OK")
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
