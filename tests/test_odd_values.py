"""Values that no argument is meant for: huge, endless, empty, unprintable. Each is taken, or refused in short words."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from traitlets import TraitError

import oss_jupyter as oj
from oss_jupyter.errors import InputError, OssJupyterError
from oss_jupyter.model.arguments import ARGUMENTS
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.session.wiring import Wiring

LONG = "a" * 1_000_000
# Longer than any path of the test's folder, much shorter than what was given.
MESSAGE_MAX = 2_000


class Unspeakable:
    """Neither its text nor its repr can be had."""

    def __repr__(self) -> str:
        raise RuntimeError(LONG)

    __str__ = __repr__


ODD: dict[str, Any] = {
    "huge": 10**400, "huge negative": -(10**400), "digits": "9" * 5_000, "digits of a size": "9" * 5_000 + "GiB",
    "nan": math.nan, "inf": math.inf, "minus inf": -math.inf, "minus zero": -0.0, "large float": 1e300, "yes": True,
    "no": False, "empty": "", "blank": "  ", "NUL": "\0", "NUL within": "a\0b", "surrogate": "\ud800",
    "right to left": "a\u202eb", "line break": "a\nb", "long": LONG, "long path": "/" + "b/" * 500_000,
    "5,000 characters": "c" * 5_000, "bytes": b"x", "list": [10**400], "unspeakable": Unspeakable(), "set": {LONG},
    "long name": {LONG: "x"}, "long value": {"x": LONG}, "huge value": {"x": 10**5_000}, "nan value": {"x": math.nan},
    "deep": "[" * 100_000, "unspeakable value": {"x": Unspeakable()}, "fraction": 0.3, "complex": 1j,
    "Arabic digits": "\u0663\u0664", "power": "1e400", "percent": "%", "braces": "{0}", "slashes": "//", "dots": "..",
}  # fmt: skip
NAMES = sorted({*ARGUMENTS, "source", "target", "unheard_of"})


def refusal(attempt: Callable[[], object]) -> OssJupyterError | TraitError | None:
    """Return what refused a value, after a look at its length; whatever is raised raw comes through."""
    try:
        attempt()
    except (OssJupyterError, TraitError) as refused:
        error = refused
    else:
        return None
    assert len(str(error)) < MESSAGE_MAX
    return error


def spec_with(wiring: Wiring, source: Any, target: Any, **given: Any) -> object:
    """Return the spec of an upload, or raise what refuses it."""
    return wiring.spec(source, target, UploadArguments.of(**given))


@pytest.mark.parametrize("name", NAMES)
def test_every_argument_takes_it_or_says_why_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No value is answered with a raw exception, and no message repeats what is long or cannot be shown."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "file.bin"
    file.write_bytes(b"x")
    wiring = Wiring(OssJupyter())
    for odd in ODD.values():
        given: dict[str, Any] = {"source": file, "target": "oss://test-bucket/k", "region": "cn-hangzhou", name: odd}
        refused = refusal(partial(spec_with, wiring, **given))
        if isinstance(refused, OssJupyterError):
            lines = refused.four_lines()
            assert lines[0]
            assert lines[2]
            assert lines[1] == "Nothing was sent."
            assert all(line.isprintable() for line in lines), lines
        assert not any(tmp_path.glob("**/*.journal"))


@pytest.mark.parametrize("name", sorted(OssJupyter.class_trait_names(config=True)))
def test_every_setting_takes_it_or_says_why_not(name: str) -> None:
    """A setting ends as a TraitError at worst, which is short, and keeps what it was."""
    for odd in ODD.values():
        settings = OssJupyter()
        before = getattr(settings, name)
        refused = refusal(partial(setattr, settings, name, odd))
        if refused is not None:
            assert name in str(refused)
            assert getattr(settings, name) == before


@pytest.mark.parametrize("name", ["region", "endpoint", "proxy", "ca_bundle", "profile", "part_size", "checkpoint_dir"])
def test_what_a_setting_takes_an_upload_explains(tmp_path: Path, name: str) -> None:
    """Texts that only the upload can judge are refused by it in four lines."""
    file = tmp_path / "file.bin"
    file.write_bytes(b"x")
    for odd in ODD.values():
        settings = OssJupyter(region="cn-hangzhou", checkpoint_dir=str(tmp_path / "checkpoints"))
        with suppress(TraitError):
            setattr(settings, name, odd)
        refused = refusal(partial(Wiring(settings).spec, file, "oss://test-bucket/k", UploadArguments()))
        assert str(refused).replace("\n", "").isprintable()


def test_verbs_take_odd_values_in_the_same_way() -> None:
    """What names an upload is looked up, and not found, in short words."""
    for odd in ("\0", "\ud800", LONG, "9" * 5_000, "https://u:p@h?x"):
        for verb in (oj.resume, oj.abort, oj.forget):
            with pytest.raises(OssJupyterError) as refused:
                verb(odd)
            assert len(str(refused.value)) < MESSAGE_MAX


@pytest.mark.parametrize("end", ["/", "/.", "/./", "//", "/../file.bin", "/sub/.."])
def test_a_file_is_no_folder(tmp_path: Path, end: str) -> None:
    """A path that the system finds nothing at is not taken for the file that its short form names."""
    file = tmp_path / "file.bin"
    file.write_bytes(b"x")
    with pytest.raises(OssJupyterError) as refused:
        Wiring(OssJupyter(region="cn-hangzhou")).spec(f"{file}{end}", "oss://test-bucket/k", UploadArguments())
    assert refused.value.advice


def test_two_dots_behind_a_link_lead_where_the_system_goes(tmp_path: Path) -> None:
    """The file beside a link is not sent where the file beside the link's target was named."""
    for folder in ("here", "there/deep"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "here/link").symlink_to(tmp_path / "there/deep")
    for folder in ("here", "there"):
        (tmp_path / folder / "f.bin").write_bytes(folder.encode())
    wiring = Wiring(OssJupyter(region="cn-hangzhou"))
    with pytest.raises(InputError, match="leads to no such file"):
        wiring.spec(f"{tmp_path}/here/link/../f.bin", "oss://test-bucket/k", UploadArguments())
    spec = wiring.spec(f"{tmp_path}/here/../here/./f.bin", "oss://test-bucket/k", UploadArguments())
    assert spec.source.path == tmp_path / "here/f.bin"


def test_a_folder_may_end_in_a_slash(tmp_path: Path) -> None:
    """A directory of checkpoints is the same with a slash behind it, there or not."""
    (tmp_path / "there").mkdir()
    (tmp_path / "f.bin").write_bytes(b"x")
    wiring = Wiring(OssJupyter(region="cn-hangzhou"))
    for name in ("there/", "new/"):
        arguments = UploadArguments.of(checkpoint_dir=f"{tmp_path}{os.sep}{name}")
        spec = wiring.spec(tmp_path / "f.bin", "oss://test-bucket/k", arguments)
        assert spec.store.path_of("x") == tmp_path / name / "x.journal"
