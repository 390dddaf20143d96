"""Names that are no UTF-8 in a real kernel: cards, desk, lists and errors reach the page."""

from __future__ import annotations

import os
from pathlib import Path

from oss_jupyter.sandbox import Sandbox

from .kernels import Kernel

GBK_SHOWN = r"\xc4\xe3\xba\xc3"


def test_a_name_that_is_no_utf8_is_shown_everywhere(service: Sandbox, place: Path) -> None:
    """As a card, as a row of the desk, in the list, with details, in an error, also from such a folder."""
    folder = place / os.fsdecode(b"\xc4\xe3")
    folder.mkdir()
    name = os.fsdecode(b"\xc4\xe3\xba\xc3.csv")
    (folder / name).write_bytes(b"x" * 1000)
    kernel = Kernel(folder, ())
    try:
        for code in (
            "import os, oss_jupyter as oj\n%load_ext oss_jupyter\nname = os.fsdecode(b'\\xc4\\xe3\\xba\\xc3.csv')",
            "t = oj.upload(name, 'oss://test-bucket/gbk')\ndisplay(t)\nt.wait(20)",
            "t.result()",
            "print(repr(t), t.snapshot().source)",
            "%oss_panel",
            "%oss_upload {name} oss://test-bucket/gbk2 --wait",
            "%oss_uploads",
            "%oss_uploads show {t.id}",
        ):
            cell = kernel.run(code)
            assert cell.error is None, cell.error
            str(cell.bundles).encode("utf-8")
            cell.text.encode("utf-8")
        assert GBK_SHOWN in kernel.run("print(t)").text
        failed = kernel.run("oj.upload(name + 'x', 'oss://test-bucket/gbk')").error
        assert failed is not None
        assert GBK_SHOWN in failed["evalue"]
    finally:
        kernel.kill()
