"""Settings through IPython: `%config`, ipython_config.py, and what a wrong one says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oss_jupyter import api
from oss_jupyter.errors import InputError

from .conftest import Shell


def test_config_sets_lists_and_shows(shell: Shell) -> None:
    """%config reaches the settings that the next upload takes its defaults from."""
    shell.ok('%config OssJupyter.part_size = "16MiB"')
    assert api.settings().part_size == "16MiB"
    assert shell.ok("%config OssJupyter.part_size").result == "16MiB"
    listed = shell.ok("%config OssJupyter").text
    for name in api.settings().trait_names(config=True):
        assert f"OssJupyter.{name}=" in listed
    assert "OssJupyter" in shell.ok("%config").text


def test_ipythons_configuration_is_read(new_shell: Callable[..., Shell]) -> None:
    """What ipython_config.py says is in force when the extension is loaded."""
    new_shell(region="cn-beijing", parallel=7).ok("%load_ext oss_jupyter")
    assert (api.settings().region, api.settings().parallel) == ("cn-beijing", 7)


def test_a_wrong_setting_is_refused(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    """A value that cannot work is named with how to write it, and the old one stays, also over a reload."""
    before = api.settings().part_size
    shell.ok("%config OssJupyter.part_size = 'huge'")
    assert "part_size: 'huge' is not a size. Write it like" in caplog.text  # IPython logs it to the cell
    shell.ok("%reload_ext oss_jupyter")
    assert api.settings().part_size == before


def test_a_wrong_configuration_is_explained(new_shell: Callable[..., Shell]) -> None:
    """A wrong value in ipython_config.py stops the loading with a sentence and no traceback."""
    ran = new_shell(part_size="huge").run("%load_ext oss_jupyter")
    assert isinstance(ran.error, InputError)
    assert "A setting of OssJupyter cannot work: part_size: 'huge' is not a size." in ran.text
    assert "Traceback" not in ran.text
