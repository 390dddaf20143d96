"""What the default chain of Alibaba Cloud looked at and why it found nothing, in our words.

Its own text quotes replies and files, which may hold a secret. So its steps are recognised in it, and nothing is copied
but the status of an answer.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"HttpCode=(\d{3})\b", re.IGNORECASE)
_NO_FILE = ("unable to open", "no such file")
# By the name of the class that looks there.
_STEPS = {
    "EnvironmentVariableCredentialsProvider": "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "OIDCRoleArnCredentialsProvider": "the role of ALIBABA_CLOUD_ROLE_ARN",
    "CLIProfileCredentialsProvider": "the profile in ~/.aliyun/config.json",
    "ProfileCredentialsProvider": "the profile file ~/.alibabacloud/credentials.ini",
    "EcsRamRoleCredentialsProvider": "the RAM role of this machine",
    "URLCredentialsProvider": "the address in ALIBABA_CLOUD_CREDENTIALS_URI",
}
_STEP = re.compile(rf"\b({'|'.join(_STEPS)}): ")


def why_none(error: BaseException) -> str:
    """Return the steps that the chain tried, each with why it found nothing; else the kind of what was raised."""
    try:
        pieces = _STEP.split(str(error))
    except Exception:
        pieces = []  # foreign code again
    steps = [f"{_STEPS[name]}: {_why(name, text)}" for name, text in zip(pieces[1::2], pieces[2::2], strict=True)]
    return "; ".join(steps) if steps else f"it raised {type(error).__name__}"


def _why(name: str, text: str) -> str:
    status = _STATUS.search(text)
    if status is not None:
        return f"answered with status {status[1]}"
    if name == "EnvironmentVariableCredentialsProvider":
        return "not set" if "accessKeyId" in text else "only the first is set"
    if "disabled" in text:
        return "switched off"
    if any(words in text for words in _NO_FILE):
        return "no such file"
    if name == "ProfileCredentialsProvider":
        return "not there, or without credentials"
    return "no credentials there" if "Profile" in name else "not reached"
