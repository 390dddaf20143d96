"""How much of a reply is read: a bound for each kind, so that whoever answers cannot fill the memory.

Nothing is decompressed, because nothing compressed was asked for (the service compresses only where it is asked): what
counts is what came over the line, and a reply that unpacks to gigabytes is bytes like any other.
"""

from __future__ import annotations

from urllib3 import BaseHTTPResponse

from oss_jupyter.oss.failures import not_oss

_KIB = 1024
_MIB = 1024 * _KIB

# Error documents have about 1 KB. What is longer is somebody's page; its beginning is enough to know that.
ERROR_BYTES = 64 * _KIB

# What the standard library takes of a head, and more than any of the service's.
HEAD_BYTES = 64 * _KIB
HEADERS_MOST = 100

_BY_METHOD = {
    "HEAD": 0,
    # Nothing, or some KB of a document.
    "DELETE": 64 * _KIB,
    # Documents of a few KB, or what a callback's server answers: 1 MB, in one of the documentation's tables 3 MB.
    "POST": 4 * _MIB,
    "PUT": 4 * _MIB,
    # A page of 1,000 parts has 0.3 MB; one of 1,000 objects whose keys have 1,023 bytes, percent-encoded, 3.5 MB.
    "GET": 4 * _MIB,
}


def read_content(raw: BaseHTTPResponse, method: str, where: str) -> bytes:
    """Return the body of a reply to `method`; that of an error reply is cut off at its bound.

    Raises NetworkError where another one is longer than any of the service's; what urllib3 raises passes through.
    """
    refused = not 200 <= raw.status < 300
    most_bytes = ERROR_BYTES if refused else _BY_METHOD[method]
    pieces = []
    left_bytes = most_bytes + 1
    # Until there is nothing more, and not once: only then is a body known that was cut short.
    while left_bytes and (piece := raw.read(left_bytes, decode_content=False)):
        pieces.append(piece)
        left_bytes -= len(piece)
    if not left_bytes and not refused:
        raise not_oss(where)
    return b"".join(pieces)[:most_bytes]
