"""The policies of the documentation are what a check asks for, level by level."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

from oss_jupyter.checks.permissions import PROBES, PUT
from oss_jupyter.model.finding import Standing
from oss_jupyter.sandbox import Key, Sandbox

from .conftest import Look

DOCUMENT = Path(__file__).parents[2] / "docs" / "permissions.md"


def levels() -> list[frozenset[str]]:
    """Return the actions of each policy, from the least to the most."""
    found = []
    for text in re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL):
        statements = json.loads(text)["Statement"]
        assert all(one["Effect"] == "Allow" and one["Resource"] for one in statements)
        found.append(frozenset(action for one in statements for action in one["Action"]))
    return [one for one in found if "oss:PutObject" in one]


def test_each_level_allows_more_and_a_check_sees_what_it_does(look: Look, sandbox: Sandbox) -> None:
    """With each policy exactly its actions are green, and with the last one all are."""
    policies = levels()
    assert all(less < more for less, more in pairwise(policies))
    # An upload that carries on without its record removes no object.
    assert any("oss:ListMultipartUploads" in one and "oss:DeleteObject" not in one for one in policies)
    asked = [PUT, *(probe.name for probe in PROBES)]
    for policy in policies:
        sandbox.keys.put(Key("user", "secret", permissions=policy))
        check = look(credentials=("user", "secret"))
        green = {name for name in asked if check[name].standing is Standing.FINE}
        assert green == {name for name in asked if f"oss:{name}" in policy}
    assert green == set(asked)
