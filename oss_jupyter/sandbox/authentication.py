"""Deciding whether a request may pass: its scope, its time, its key, its token, its signature."""

from __future__ import annotations

import hmac
from datetime import datetime, timedelta, timezone

from oss_jupyter.sandbox.keys import Key, KeyRing
from oss_jupyter.sandbox.replies import ServiceError, invalid_argument
from oss_jupyter.sandbox.request import ACTIONS, Request
from oss_jupyter.sandbox.signatures import Claim, read_claim, sign_again

_ALLOWED_SKEW = timedelta(minutes=15)


def authenticate(request: Request, keys: KeyRing, *, region: str, now_seconds: float) -> Key:
    """Return the key that signed the request, or raise the error the service would answer."""
    claim = read_claim(request)
    if claim is None:
        raise ServiceError("AccessDenied", "Anonymous access is forbidden for this operation.")
    if claim.version == 4:
        _check_scope(claim, region)
    _check_time(claim, datetime.fromtimestamp(now_seconds, timezone.utc))
    key = keys.find(claim.access_key_id)
    if key is None:
        raise _unknown(claim)
    _check_token(key, claim, keys, now_seconds)
    expected, string_to_sign = sign_again(request, claim, key.access_key_secret)
    if not hmac.compare_digest(expected.encode(), claim.signature.encode()):
        raise _mismatch(claim, string_to_sign)
    return key


def authorize(request: Request, key: Key) -> None:
    """Refuse an operation that the key's permissions do not name."""
    action = ACTIONS.get(request.operation)
    if action is None:
        raise ServiceError("NotImplemented")
    if not key.allows(action):
        message = f"You have no right to perform {action}."
        raise ServiceError("AccessDenied", message, elements={"AuthAction": action})


def _check_scope(claim: Claim, region: str) -> None:
    if claim.region != region:
        message = f"Invalid signing region in Authorization header: '{claim.region}' is not '{region}'."
        raise invalid_argument("x-oss-credential", claim.region, message, "0002-00000226")
    if claim.product != "oss" or claim.scope_date != f"{claim.signed_at:%Y%m%d}":
        scope = f"{claim.scope_date}/{claim.region}/{claim.product}"
        raise invalid_argument("x-oss-credential", scope, "The credential scope is malformed.", "0002-00000228")


def _check_time(claim: Claim, now: datetime) -> None:
    if claim.expires_at is None:
        if abs(now - claim.signed_at) > _ALLOWED_SKEW:
            raise _skewed(claim, now)
        return
    if now < claim.signed_at - _ALLOWED_SKEW:
        raise ServiceError("AccessDenied", "Request is not valid yet.", ec="0002-00000235")
    if now > claim.expires_at:
        elements = {"Expires": _iso(claim.expires_at), "ServerTime": _iso(now)}
        raise ServiceError("AccessDenied", "Request has expired.", ec="0002-00000236", elements=elements)


def _check_token(key: Key, claim: Claim, keys: KeyRing, now_seconds: float) -> None:
    if key.security_token is not None and claim.security_token is None:
        raise _unknown(claim)  # a temporary key does not exist without its token
    if key.security_token != claim.security_token:
        assert claim.security_token is not None
        if key.security_token is None or keys.owner_of(claim.security_token):
            raise ServiceError("AccessKeyIdAndSecurityTokenNotMatch")
        raise ServiceError("InvalidSecurityToken")
    if key.expires_at is not None and now_seconds >= key.expires_at:
        raise ServiceError("SecurityTokenExpired", elements={"SecurityToken": claim.security_token or ""})


def _unknown(claim: Claim) -> ServiceError:
    return ServiceError("InvalidAccessKeyId", elements={"OSSAccessKeyId": claim.access_key_id})


def _skewed(claim: Claim, now: datetime) -> ServiceError:
    elements = {
        "MaxAllowedSkewMilliseconds": str(_ALLOWED_SKEW // timedelta(milliseconds=1)),
        "RequestTime": _iso(claim.signed_at),
        "ServerTime": _iso(now),
    }
    return ServiceError("RequestTimeTooSkewed", elements=elements)


def _mismatch(claim: Claim, string_to_sign: str) -> ServiceError:
    elements = {
        "OSSAccessKeyId": claim.access_key_id,
        "SignatureProvided": claim.signature,
        "StringToSign": string_to_sign,
        "StringToSignBytes": string_to_sign.encode().hex(" ").upper(),
    }
    return ServiceError("SignatureDoesNotMatch", elements=elements)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"
