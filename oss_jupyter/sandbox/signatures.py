"""Reading a signature from a request, and signing that request again with the SDK's own signer.

Signatures V4 and V1, in the header and in the URL. Whatever way the request was addressed, the signed
path is `/bucket/key`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote

from alibabacloud_oss_v2.signer import SignerV1, SignerV4
from alibabacloud_oss_v2.types import Credentials, HttpRequest, SigningContext

from oss_jupyter.sandbox.replies import ServiceError, invalid_argument
from oss_jupyter.sandbox.request import Request

_ALGORITHM = "OSS4-HMAC-SHA256"
_FIELD = re.compile(r"(Credential|AdditionalHeaders|Signature)=([^,\s]*)")
_LONGEST_VALIDITY_SECONDS = 604_800  # seven days, EC 0002-00000232
_OLDEST = datetime(1970, 1, 1, tzinfo=timezone.utc)

# V1 signs only the query names that count as sub-resources. Clients know more of them than the SDK's signer.
_V1_SUBRESOURCES = [
    "cors",
    "lifecycle",
    "policy",
    "x-oss-process",
    "x-oss-request-payer",
    "x-oss-traffic-limit",
    "x-oss-ac-source-ip",
    "x-oss-ac-subnet-mask",
    "x-oss-ac-vpc-id",
    "x-oss-ac-forward-allow",
]


@dataclass(frozen=True)
class Claim:
    """Who a request says it is from, and the signature that should prove it."""

    version: int
    in_url: bool
    access_key_id: str
    signature: str = field(repr=False)
    security_token: str | None = field(repr=False)
    signed_at: datetime
    expires_at: datetime | None  # only in a URL
    scope_date: str = ""  # V4 only, as are the next three
    region: str = ""
    product: str = ""
    additional_headers: frozenset[str] = frozenset()


def read_claim(request: Request) -> Claim | None:
    """Return what the request claims, or None if it is anonymous."""
    authorization = request.headers.get("authorization", "")
    if authorization.startswith(_ALGORITHM):
        return _header_v4(request, authorization)
    if authorization.startswith("OSS "):
        return _header_v1(request, authorization)
    if request.query.get("x-oss-signature-version") == _ALGORITHM:
        return _url_v4(request)
    if "OSSAccessKeyId" in request.query:
        return _url_v1(request)
    return None


def sign_again(request: Request, claim: Claim, access_key_secret: str) -> tuple[str, str]:
    """Return the signature this request should carry, and the string it is made from."""
    context = SigningContext(
        product=claim.product,
        region=claim.region,
        bucket=request.bucket,
        key=request.key,
        request=HttpRequest(request.method, f"http://sandbox/?{_canonical_query(request)}", dict(request.headers)),
        credentials=Credentials(claim.access_key_id, access_key_secret, claim.security_token),
        signing_time=claim.signed_at,
        additional_headers=set(claim.additional_headers),
    )
    context.auth_method_query = claim.in_url
    context.expiration_time = claim.expires_at
    context.sub_resource = _V1_SUBRESOURCES
    signer = SignerV4() if claim.version == 4 else SignerV1()
    signer.sign(context)
    return _signature_in(context.request, claim), context.string_to_sign


def _signature_in(signed: HttpRequest, claim: Claim) -> str:
    if claim.in_url:
        separator = "&x-oss-signature=" if claim.version == 4 else "&Signature="
        return unquote(signed.url.rpartition(separator)[2])
    separator = "Signature=" if claim.version == 4 else ":"
    return str(signed.headers["Authorization"].rpartition(separator)[2])


def _canonical_query(request: Request) -> str:
    unsigned = ("x-oss-signature", "Signature")
    pairs = [(name, value) for name, value in request.query.items() if name not in unsigned]
    return "&".join(quote(name, safe="") + (f"={quote(value, safe='')}" if value else "") for name, value in pairs)


def _header_v4(request: Request, authorization: str) -> Claim:
    # Fields come in any order, with or without a space after the comma.
    fields = dict(_FIELD.findall(authorization))
    if request.headers.get("x-oss-content-sha256") != "UNSIGNED-PAYLOAD":
        value = request.headers.get("x-oss-content-sha256", "")
        message = "The x-oss-content-sha256 header must be UNSIGNED-PAYLOAD."
        raise invalid_argument("x-oss-content-sha256", value, message, "0002-00000214")
    return _claim_v4(
        credential=fields.get("Credential", ""),
        date=request.headers.get("x-oss-date", ""),
        signature=fields.get("Signature", ""),
        token=request.headers.get("x-oss-security-token"),
        additional=fields.get("AdditionalHeaders", ""),
        validity_seconds=None,
    )


def _url_v4(request: Request) -> Claim:
    expires = request.query.get("x-oss-expires", "")
    if not expires.isdecimal() or not 1 <= int(expires) <= _LONGEST_VALIDITY_SECONDS:
        message = "x-oss-expires must be an integer between 1 and 604800."
        raise invalid_argument("x-oss-expires", expires, message, "0002-00000232")
    return _claim_v4(
        credential=request.query.get("x-oss-credential", ""),
        date=request.query.get("x-oss-date", ""),
        signature=request.query.get("x-oss-signature", ""),
        token=request.query.get("x-oss-security-token"),
        additional=request.query.get("x-oss-additional-headers", ""),
        validity_seconds=int(expires),
    )


def _claim_v4(
    *, credential: str, date: str, signature: str, token: str | None, additional: str, validity_seconds: int | None
) -> Claim:
    try:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ServiceError("AccessDenied", "OSS authentication requires a valid Date.") from None
    pieces = credential.split("/")
    if len(pieces) != 5 or pieces[4] != "aliyun_v4_request":
        raise invalid_argument("x-oss-credential", credential, "The credential scope is malformed.")
    return Claim(
        version=4,
        in_url=validity_seconds is not None,
        access_key_id=pieces[0],
        signature=signature,
        security_token=token,
        signed_at=signed_at,
        expires_at=None if validity_seconds is None else signed_at + timedelta(seconds=validity_seconds),
        scope_date=pieces[1],
        region=pieces[2],
        product=pieces[3],
        additional_headers=frozenset(name for name in additional.lower().split(";") if name),
    )


def _header_v1(request: Request, authorization: str) -> Claim:
    access_key_id, _, signature = authorization.removeprefix("OSS ").strip().partition(":")
    # ali-oss for JavaScript sends no Date but an x-oss-date of the same form.
    date = request.headers.get("x-oss-date") or request.headers.get("date", "")
    try:
        signed_at = parsedate_to_datetime(date)
    except ValueError:
        raise ServiceError("AccessDenied", "OSS authentication requires a valid Date.") from None
    token = request.headers.get("x-oss-security-token") or request.headers.get("security-token")
    return Claim(1, False, access_key_id, signature, token, signed_at, None)


def _url_v1(request: Request) -> Claim:
    query = request.query
    expires = query.get("Expires", "")
    if not expires.isdecimal() or len(expires) > 11:
        raise ServiceError("AccessDenied", "Invalid date (should be seconds since epoch).")
    return Claim(
        version=1,
        in_url=True,
        access_key_id=query["OSSAccessKeyId"],
        signature=query.get("Signature", ""),
        security_token=query.get("security-token"),
        signed_at=_OLDEST,  # V1 says only when a URL ends
        expires_at=_OLDEST + timedelta(seconds=int(expires)),
    )
