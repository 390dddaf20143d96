"""What proves that an answer is the service's own, and not that of a proxy, a login page or a cache on the way.

Success needs an ETag together with the service's request id and, where it sends one, a CRC-64. A header that cannot be
the service's makes the whole answer a stranger's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from oss_jupyter.oss.failures import not_oss

# The service's are 32 hexadecimal digits, after joining parts with a number behind; others may use other letters.
_ETAG = re.compile(r"[\w.:+/=-]{1,256}", re.ASCII)
_REQUEST_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
# Unsigned, decimal, 64 bits.
_CRC64 = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True)
class Proof:
    """What the headers of a reply say: ETag without quotes, request id, both "" where absent; CRC-64 or None."""

    etag: str
    request_id: str
    crc64: int | None
    version_id: str

    @property
    def signed(self) -> bool:
        """Whether they are what the service sends with whatever it has stored."""
        return bool(self.etag and self.request_id)


def read_proof(headers: Mapping[str, str], where: str) -> Proof:
    """Return what the headers of a reply of `where` prove. Raises NotOss where one of them cannot be the service's."""
    return Proof(
        etag=read_etag(headers.get("ETag"), where),
        request_id=_checked(headers.get("x-oss-request-id"), _REQUEST_ID, where),
        crc64=read_crc64(headers.get("x-oss-hash-crc64ecma"), where),
        version_id=headers.get("x-oss-version-id", ""),
    )


def read_etag(text: str | None, where: str) -> str:
    """Return an ETag without its quotes, "" where there is none. Raises NotOss."""
    return _checked((text or "").strip('"'), _ETAG, where)


def read_crc64(text: str | None, where: str) -> int | None:
    """Return a CRC-64, None where there is none: gateways and old buckets leave it out. Raises NotOss."""
    if not text:
        return None
    number = int(_checked(text, _CRC64, where))
    if number >= 1 << 64:
        raise not_oss(where)
    return number


def _checked(text: str | None, pattern: re.Pattern[str], where: str) -> str:
    if text and not pattern.fullmatch(text):
        raise not_oss(where)
    return text or ""
