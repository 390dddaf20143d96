"""What JupyterLab's settings change in the kernel that uploads for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.notebook.panel.common.arguments import PageArguments
from oss_jupyter.notebook.panel.desk.lab_settings import NAMES, LabSettings
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import say

SCHEMA = Path(__file__).parents[2] / "oss_jupyter/lab/settings.json"


def told(settings: OssJupyter) -> list[object]:
    return [getattr(settings, name) for name in NAMES]


def test_a_field_that_is_emptied_gives_back_what_was_configured() -> None:
    """What ipython_config.py says counts wherever JupyterLab's settings say nothing."""
    settings = OssJupyter(region="cn-beijing", parallel=5)
    lab = LabSettings(settings)
    lab.take(PageArguments({"region": "", "endpoint": "", "parallel": 0, "limit": "", "language": ""}))
    assert told(settings) == ["cn-beijing", None, 5, None, ""]
    lab.take(
        PageArguments(
            {
                "region": "cn-hangzhou",
                "endpoint": "oss.example.com",
                "parallel": 8,
                "limit": " 5MiB/s ",
                "language": "zh",
            }
        )
    )
    assert told(settings) == ["cn-hangzhou", "oss.example.com", 8, "5MiB/s", "zh"]
    lab.take(PageArguments({}))
    assert told(settings) == ["cn-beijing", None, 5, None, ""]


def test_a_wrong_value_is_named_and_the_others_count() -> None:
    """A mistyped limit does not cost the region, nor is a secret in it repeated."""
    settings = OssJupyter(limit="1MiB/s")
    with pytest.raises(InputError, match=r"limit: .* is not a speed") as refused:
        LabSettings(settings).take(PageArguments({"limit": "https://h/k?Signature=s3cret", "region": "cn-hangzhou"}))
    assert told(settings) == ["cn-hangzhou", None, "auto", "1MiB/s", ""]
    assert "s3cret" not in str(refused.value)


def test_the_schema_has_room_for_no_secret() -> None:
    """Every field is named, none is for keys, and those that a kernel gets are known to it."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert schema["additionalProperties"] is False
    own = {"target", "notifications", "browserNotifications"}
    assert set(schema["properties"]) == {*NAMES, *own}
    assert schema["properties"]["parallel"]["maximum"] == PARALLEL_MOST


def test_the_schema_says_what_the_catalogue_says() -> None:
    """The page shows the catalogue's words, in its language; whoever reads the schema alone is told no other ones."""
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert [schema["title"], schema["description"]] == [say("lab_uploads"), say("settings_help")]
    for name, field in schema["properties"].items():
        key = f"setting_{name.lower()}"
        assert [field["title"], field["description"]] == [say(key), say(f"{key}_help")], name
    assert schema["properties"]["language"]["oneOf"][0]["title"] == say("setting_language_lab")
