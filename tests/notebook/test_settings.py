"""Settings through IPython: `%config`, ipython_config.py, and what a wrong one says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from oss_jupyter import api
from oss_jupyter.errors import InputError
from oss_jupyter.model.budget import Connections
from oss_jupyter.model.sizes import MIB
from oss_jupyter.session.session import current_session

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


@pytest.mark.parametrize(
    ("written", "bytes_per_second"),
    [('"20MiB/s"', 20 * MIB), ("3_000_000", 3_000_000.0), ("2.5e6", 2_500_000.0), ('"none"', None), ("None", None)],
)
def test_the_common_limit_takes_what_the_magic_takes(
    shell: Shell, written: str, bytes_per_second: float | None
) -> None:
    """A speed is a text with its unit or a number of bytes, in %config as on the line, and counts at once."""
    shell.ok('%config OssJupyter.limit = "1MiB/s"')
    shell.ok(f"%config OssJupyter.limit = {written}")
    assert current_session().manager.limit == bytes_per_second


def test_a_part_size_may_be_a_number(shell: Shell) -> None:
    """A number of bytes is as good as a text with a unit."""
    shell.ok("%config OssJupyter.part_size = 8 * 2**20")
    assert api.settings().part_size == "8388608"


def test_a_named_number_of_connections_is_the_most_for_everything(new_shell: Callable[..., Shell]) -> None:
    """While nobody sets it datasets may have more; once somebody does, also to what it was, that is all there is."""
    shell = new_shell()
    shell.ok("%load_ext oss_jupyter")
    assert api.settings().connections() == Connections(16, 256)
    for most in (16, 256, 1):
        shell.ok(f"%config OssJupyter.parallel_most = {most}")
        assert api.settings().connections() == Connections(most, most)
    for wrong in (0, 257):
        shell.ok(f"%config OssJupyter.parallel_most = {wrong}")
        assert api.settings().connections() == Connections(1, 1)


def test_connections_named_in_the_configuration(new_shell: Callable[..., Shell]) -> None:
    """A number in ipython_config.py is somebody's word as well."""
    new_shell(parallel_most=16).ok("%load_ext oss_jupyter")
    assert api.settings().connections() == Connections(16, 16)


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


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("retrys", "Did you mean retries?"),
        ("Region", "Did you mean region?"),
        ("xyz", "The settings are accelerate, auto_resume, "),
    ],
)
def test_a_misspelt_setting_is_refused(written: str, advice: str) -> None:
    """What is set under a name that is no setting would never count, so the one that is meant is named, or all."""
    with pytest.raises(InputError, match=f"'{written}' is not a setting") as refused:
        setattr(api.settings(), written, 1)
    assert refused.value.advice.startswith(advice)
    assert not hasattr(api.settings(), written)


def test_a_wrong_configuration_is_explained(new_shell: Callable[..., Shell]) -> None:
    """A wrong value in ipython_config.py stops the loading with a sentence and no traceback."""
    ran = new_shell(part_size="huge").run("%load_ext oss_jupyter")
    assert isinstance(ran.error, InputError)
    assert "A setting of OssJupyter cannot work: part_size: 'huge' is not a size." in ran.text
    assert "Traceback" not in ran.text
