"""The tables of a check and of leftovers on a page: readable in each theme, and keys are no HTML there."""

from __future__ import annotations

import time

import pytest

from oss_jupyter.sandbox import Key, Sandbox

from .axe import violations
from .test_accessible import THEMES
from .test_card import Open, Picture

pytestmark = pytest.mark.timeout(300)

ODD = (
    "left/<img src=x onerror=\"document.title='run'\">",
    "left/two\nlines",
    "left/数据 集.csv",
    "left/" + "long-name/" * 20,
)


def test_tables_are_readable_in_each_theme(open_notebook: Open, sandbox: Sandbox, picture: Picture) -> None:
    """What is fine, a warning, wrong or not known has contrast that is enough; a rule to copy keeps its lines."""
    sandbox.keys.put(Key("writer", "writer-secret", permissions=frozenset({"oss:PutObject"})))
    for key in ODD:
        sandbox._core.multipart.initiate("test-bucket", key, {}, time.time() - 864_000)
    place = f"endpoint={sandbox.endpoint!r}, region={sandbox.region!r}, fast=True"
    user = f"oj.check('oss://test-bucket/raw/', credentials=('writer', 'writer-secret'), {place})"
    wrong = f"oj.check('oss://other-bucket/raw/', credentials=key, {place})"
    words = f"--endpoint {sandbox.endpoint} --region {sandbox.region} --credentials key"
    begin = "%load_ext oss_jupyter\nimport oss_jupyter as oj\nkey = ('test-key-id', 'test-key-secret')\n"
    notebook = open_notebook(begin + user, wrong, f"%oss_leftovers oss://test-bucket/left/ {words}")
    for index in range(3):
        notebook.run(index)
    outputs = [notebook.cell(index).locator(".jp-Cell-outputWrapper") for index in range(3)]
    broken = []
    for short, theme in THEMES.items():
        notebook.set_theme(theme)
        notebook.page.wait_for_timeout(300)
        for index, name in enumerate(("check", "check-wrong", "leftovers")):
            picture(notebook, index, f"{name}-{short}")
        broken += [f"{short} {found}" for output in outputs for found in violations(output)]
    notebook.set_theme(THEMES["light"])
    assert broken == []
    assert notebook.page.title() != "run"
    rows = outputs[2].locator("table tr")
    assert rows.count() == len(ODD) + 1
    assert "\n<LifecycleConfiguration>\n  <Rule>\n    <ID>" in outputs[2].locator("pre").inner_text()
