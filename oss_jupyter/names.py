"""Names as people can read them. A file's name is bytes to the system, and need be no Unicode and no single line."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` with what cannot be shown written out: control characters, bytes that are no UTF-8 as ``\xc4``.

    Python keeps such bytes as lone surrogates, which no output, page or file can encode.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _written_out(character) for character in text)


def _written_out(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    return ascii(character)[1:-1]
