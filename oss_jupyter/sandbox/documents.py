"""XML out and XML in.

No result root carries an xmlns: oss2 and the .NET SDK find no elements behind a namespace, and the newer
Python SDK then reads empty values without a word. Requests may carry any namespace.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Union
from urllib.parse import quote
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

Children = Sequence[tuple[str, Union[str, int, bool, "Children"]]]

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'  # at byte 0, or expat refuses the document


class MalformedDocumentError(ValueError):
    """A request body is not the document it should be."""


def render(root: str, children: str | Children) -> bytes:
    """Return an XML document with this root and these children."""
    return (_DECLARATION + _element(root, children)).encode()


def _element(name: str, value: str | int | bool | Children) -> str:
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (str, int)):
        text = escape(str(value))
    else:
        text = "".join(_element(child, content) for child, content in value)
    return f"<{name}>{text}</{name}>"


class Names:
    """Write keys and prefixes the way the client asked: percent-encoded with encoding-type=url, else plain."""

    def __init__(self, encoding_type: str | None) -> None:
        self._is_encoded = encoding_type == "url"

    def __call__(self, name: str) -> str:
        return quote(name, safe="") if self._is_encoded else name

    @property
    def element(self) -> Children:
        """Return the EncodingType element, which is there only when it was asked for."""
        return [("EncodingType", "url")] if self._is_encoded else []


def parse_part_list(body: bytes) -> list[tuple[int, str]]:
    """Read the body of CompleteMultipartUpload: part numbers and bare, upper-case ETags."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - expat expands no external entity, and the caller is local
        if _local(root) != "CompleteMultipartUpload":
            raise MalformedDocumentError(_local(root))
        parts = [_part(child) for child in root if _local(child) == "Part"]
    except (ET.ParseError, KeyError, ValueError) as error:
        raise MalformedDocumentError(str(error)) from error
    if not parts:
        raise MalformedDocumentError("no parts")
    return parts


def parse_keys(body: bytes) -> tuple[list[str], bool]:
    """Read the body of DeleteMultipleObjects: the keys, and whether the answer is to name only what failed."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - as above
    except ET.ParseError as error:
        raise MalformedDocumentError(str(error)) from error
    fields = [(_local(child), child) for child in root]
    keys = [inner.text or "" for name, child in fields if name == "Object" for inner in child if _local(inner) == "Key"]
    if _local(root) != "Delete" or not all(keys):
        raise MalformedDocumentError(_local(root))
    return keys, any(name == "Quiet" and (child.text or "").strip() == "true" for name, child in fields)


def _part(element: Iterable[ET.Element]) -> tuple[int, str]:
    fields = {_local(child): (child.text or "").strip() for child in element}
    return int(fields["PartNumber"]), fields["ETag"].strip('"').upper()


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
