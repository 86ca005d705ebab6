"""A request with httpx, by mutual TLS, to a server that is known by its SPIFFE ID.

    python_httpx.py HOST PORT CERTIFICATE KEY BUNDLE SPIFFE_ID PATH [METHOD]

Prints the status and the body. Ends with 0, with 3 for a status from 400 on, and with 1 where nobody answered who may. Needs httpx,
and spiffe_context.py beside it.
"""

import sys

import httpx

from spiffe_context import spiffe_context


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
    return 3 if response.is_error else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
