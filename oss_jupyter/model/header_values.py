"""Values of headers: which texts one line of ASCII can carry, and how the rest is written so that it can."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timezone
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from oss_jupyter.errors import InputError
from oss_jupyter.model.given import plain, text
from oss_jupyter.redact import quoted
from oss_jupyter.texts import tr

# RFC 6266, 4.1; the name may be quoted.
_WITH_FILENAME = re.compile(
    r'(?P<kind>[\w-]+)\s*;\s*filename\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^";]+))(?P<rest>;[ -~]*)?'
)
# The usual bound of servers and gateways for one line.
_VALUE_MAX = 8 * 1024
# What RFC 5987 leaves as it is.
_UNRESERVED = "!#$&+-.^_`|~"


def header_value(given: Any, name: str) -> str:
    """Return a text that can be a header: one line of ASCII. Raises InputError."""
    value = text(given, name)
    if not value.isascii():
        what = tr("{name} is not ASCII, and headers are.", name=name)
        raise InputError(what, tr("Write it in ASCII, or percent-encode it."))
    if len(value) > _VALUE_MAX:
        number, most = f"{len(value):,}", f"{_VALUE_MAX:,}"
        what = tr("{name} has {number} characters; a header takes {most}.", name=name, number=number, most=most)
        raise InputError(what, tr("Shorten it."))
    if not value.isprintable():
        what = tr("{name} holds a line break or another control character.", name=name)
        raise InputError(what, tr("Header values are one line each."))
    return value


def disposition(given: Any) -> str:
    """Return a Content-Disposition in which a file name may be of any script, written as RFC 6266 has it."""
    value = text(given, "content_disposition")
    if not value.isascii():
        value = _with_encoded_name(value)
    return header_value(value, "content_disposition")


def http_date(given: Any, name: str) -> str:
    """Return a date as HTTP writes it, from a datetime, from ISO 8601 or from such a text; local without a zone."""
    return format_datetime(_moment(given, name), usegmt=True)


def iso_date(given: Any, name: str) -> str:
    """Return a date like ``2027-01-01T00:00:00.000Z``, from the same forms."""
    return _moment(given, name).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _with_encoded_name(value: str) -> str:
    found = _WITH_FILENAME.fullmatch(value)
    name = found and re.sub(r"\\(.)", r"\1", found["quoted"] if found["quoted"] is not None else found["bare"].strip())
    if found is None or not name or not name.isprintable():
        raise InputError(
            tr("content_disposition is not ASCII, and no file name in it is."),
            tr(
                "Write it like content_disposition='attachment; filename=\"报告.csv\"'; such a name is encoded for you."
            ),
        )
    plain_name = re.sub(r'["\\]', "_", name.encode("ascii", "replace").decode("ascii").replace("?", "_"))
    rest = found["rest"] or ""
    encoded = "" if "filename*" in rest.lower() else f"; filename*=UTF-8''{quote(name, safe=_UNRESERVED)}"
    return f'{found["kind"]}; filename="{plain_name}"{encoded}{rest}'


def _moment(given: Any, name: str) -> datetime:
    value = plain(given)
    try:
        if isinstance(value, str):
            value = _read(value.strip())
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime.combine(value, time())
        if isinstance(value, datetime) and value == value:  # the missing time of pandas is not
            return value.astimezone(timezone.utc)
    except (ValueError, TypeError, OverflowError, OSError):
        pass
    raise _no_date(given, name)


def _no_date(given: Any, name: str) -> InputError:
    return InputError(
        tr("{name}={value} is no date.", name=name, value=quoted(given)),
        tr(
            'Write it like {name}="Fri, 01 Jan 2027 00:00:00 GMT", {name}="2027-01-01T00:00:00Z", or give a datetime.',
            name=name,
        ),
    )


def _read(value: str) -> datetime:
    if re.match(r"\d{4}-\d\d-\d\d", value):
        return datetime.fromisoformat(re.sub(r"(\.\d+)?Z$", "+00:00", value))  # Python 3.10 knows no Z
    return parsedate_to_datetime(value)
