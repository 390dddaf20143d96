"""What people typed and what foreign code said, as messages may repeat it: short, on one line, and nothing secret.

A signed URL is pasted where a host belongs, a password stands before a bucket, an exception quotes the request that it
is about. So user info, queries and fragments of addresses are cut out. An object's key, in which ? and @ are letters,
is shown as it is: only what is refused goes through here.
"""

from __future__ import annotations

import os
import re

from oss_jupyter.names import printable
from oss_jupyter.texts import tr

_QUOTED_MAX = 120
_SAID_MAX = 500
_DIGITS_MAX = 30
_CUT = "…"
# Addresses may be percent-encoded once more, as parts of others are.
_QUERY = re.compile(r"[?#]|%3F|%23", re.IGNORECASE)
_AT = re.compile(r"@|%40", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z0-9+.-]:[/\\]+")
# In a sentence. Our own form of an object is none: what follows its bucket is a key.
_IN_A_SENTENCE = re.compile(r"(?<![A-Za-z0-9+.-])(?!oss://)[A-Za-z][A-Za-z0-9+.-]+:/+\S+", re.IGNORECASE)
# A path has a letter alone before a colon at most.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+(?::[/\\]|%3A%2F)|[^/\\\s:]{2,}:\S*@|[^?]*\?\S*=", re.IGNORECASE)
_SIGNED = re.compile(
    r"[?&](?:x-oss-(?:signature|credential|security-token)|signature|security-token|ossaccesskeyid)=", re.IGNORECASE
)
_SIGNED_QUERY = re.compile(
    r"\?\S*|\b(?:x-oss-(?:signature|credential|security-token)|signature|security-token|ossaccesskeyid)\b[=:\s]+\S+",
    re.IGNORECASE,
)
# Key ids are LTAI… or STS.… (the first of temporary ones); in a message they only help who should not have them.
_KEY_ID = re.compile(r"\b(?:LTAI\w{6,}|STS\.\w{4,}|TMP\.\w{4,})")
# Secrets and tokens are long runs that mix letters and digits; host names and sentences are not.
_LONG_RUN = re.compile(r"(?=[A-Za-z0-9+/_=-]*\d)(?=[A-Za-z0-9+/_=-]*[A-Za-z])[A-Za-z0-9+/_=-]{16,}")


def quoted(value: object) -> str:
    """Return a value that was refused, as a message quotes it. Of what is no text or number, only the kind is told."""
    if isinstance(value, str):
        return repr(shown(value))
    if isinstance(value, bytes):
        return f"b{shown(value.decode('utf-8', 'replace'))!r}"
    if isinstance(value, os.PathLike):
        return f"<{type(value).__name__}>"
    if isinstance(value, int) and abs(value) >= 10**_DIGITS_MAX:
        return tr("a number of more than {digits} digits", digits=_DIGITS_MAX)
    if value is None or isinstance(value, (bool, int, float)):
        return f"{value}"
    return f"<{type(value).__name__}>"


def shown(text: str) -> str:
    """Return a text that was refused without the user info and the query of an address, and not at full length."""
    bare = _bare(str.__str__(text))
    return bare if len(bare) <= _QUOTED_MAX else f"{bare[:_QUOTED_MAX]}{_CUT}"


def is_address(text: str) -> bool:
    """Whether a text looks like an address, or what is left of one, and not like the path of a file."""
    return not text.startswith(("/", "~")) and _ADDRESS.match(text) is not None


def is_signed(text: str) -> bool:
    """Whether a text has the query of a signed URL."""
    return _SIGNED.search(text) is not None


def without_addresses(sentence: str) -> str:
    """Return a sentence in which no address has user info or a query."""
    return _IN_A_SENTENCE.sub(lambda found: _bare(found[0]), sentence)


def clean(text: str) -> str:
    """Return a text of the service on one line, bounded, without key ids and the queries of signed URLs."""
    one_line = _short(" ".join(text.split()))
    return _KEY_ID.sub(_CUT, _SIGNED_QUERY.sub(_CUT, without_addresses(one_line)))


def _short(line: str) -> str:
    """Return a line that is not too long, without the half of a word at its end."""
    if len(line) <= _SAID_MAX:
        return line
    whole, _, _ = line[: _SAID_MAX + 1].rpartition(" ")
    return f"{whole or line[:_SAID_MAX]} {_CUT}"


def scrub(text: str) -> str:
    """Return a text of unknown origin without anything that could be a key, a token or a signature."""
    return _LONG_RUN.sub(_CUT, clean(text))


def said_by(error: BaseException) -> str:
    """Return what a foreign exception says, scrubbed; nothing where it cannot even say that."""
    try:
        return printable(scrub(str(error)))
    except BaseException:  # its __str__ is foreign code again, and may raise SystemExit
        return ""


def _bare(text: str) -> str:
    """Return a text without user info, query and fragment; where they cannot be told apart, without all of them."""
    begins = _SCHEME.search(text)
    known = begins is not None and not set("?#@").intersection(text[: begins.start()])
    end = begins.end() if begins and known else 0
    scheme, rest = text[:end], text[end:]
    query = _QUERY.search(rest)
    place = rest[: query.start()] if query else rest
    if query and _AT.search(rest, query.end()):
        return f"{scheme}{_CUT}"  # the mark belongs to a password, or the @ to the query
    ats = list(_AT.finditer(place))
    if ats:
        user = place[: ats[-1].start()]
        if scheme or ":" in user or "/" not in user:
            place = f"{_CUT}@{place[ats[-1].end() :]}"
    if not query:
        return f"{scheme}{place}"
    # A sentence may quote what was cut before, and go on after it.
    rest = rest[query.end() :] if rest.startswith(_CUT, query.end()) else _CUT
    return f"{scheme}{place}{query[0]}{rest}"
