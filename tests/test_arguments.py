"""The arguments of an upload: named in one place, seen by editors and type checkers, and told in two screens."""

from __future__ import annotations

import dataclasses
import inspect
import pydoc
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import oss_jupyter as oj
from oss_jupyter.errors import InputError
from oss_jupyter.model.arguments import ANEW_NAMES, ARGUMENTS, PLACE_NAMES
from oss_jupyter.model.parallel import PARALLEL_MOST
from oss_jupyter.notebook.magics.magics import OssMagics
from oss_jupyter.notebook.panel.desk.desk import form_options
from oss_jupyter.oss.endpoint import EndpointSettings
from oss_jupyter.session.settings import OssJupyter
from oss_jupyter.texts import say

ROOT = Path(__file__).resolve().parent.parent
# What reads the definition with one more option of the object in it, and asks whoever names options for it.
ONE_MORE = """
import importlib.util, sys
from pathlib import Path

name = "oss_jupyter.model.arguments"
spec = importlib.util.find_spec(name)
text = Path(spec.origin).read_text(encoding="utf-8")
where = "    acl: Annotated"
assert text.count(where) == 1
more = '    colour: Annotated[str | None, Argument("Of the object.", "NAME", in_form=True)]\\n'
sys.modules[name] = module = importlib.util.module_from_spec(spec)
exec(compile(text.replace(where, more + where), spec.origin, "exec"), module.__dict__)

import oss_jupyter as oj
from oss_jupyter.model.options import make_options
from oss_jupyter.model.upload_arguments import UploadArguments
from oss_jupyter.console.spelling import as_magic
from oss_jupyter.notebook.panel.desk.desk import ASKED
import inspect
from tests.test_docs import _option_rows

assert UploadArguments.of(colour="red").given == {"colour": "red"}
assert make_options({"colour": "red"}, "x.bin").as_dict()["colour"] == "red"
assert "colour" in inspect.signature(oj.upload).parameters
assert "  colour: str. Of the object." in oj.upload.__doc__
assert as_magic('Write colour="red".') == "Write --colour red."
assert ("`--colour NAME`", "Of the object.") in set(_option_rows())
assert "colour" in ASKED
"""


def test_an_option_is_added_in_one_place() -> None:
    """One line in the definition is enough for Python, the magic, the form, the documents and the checkpoint."""
    done = subprocess.run([sys.executable, "-c", ONE_MORE], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


# What stands in a script, and what a type checker says of it.
CALLS = {
    'storage_class="IA", tagging={"k": "v"}, checkpoint_dir=None, part_size="8MiB", on_progress=print': "",
    'storge_class="IA"': 'Unexpected keyword argument "storge_class" for "upload"; did you mean "storage_class"?',
    'paralel="auto"': 'Unexpected keyword argument "paralel" for "upload"; did you mean "parallel"?',
    "retries=[5]": 'Argument "retries" to "upload" has incompatible type "list[int]"',
    "on_progress=5": 'Argument "on_progress" to "upload" has incompatible type "int"',
}


def test_type_checkers_see_the_arguments(tmp_path: Path) -> None:
    """A wrong name is underlined while it is typed, a wrong kind of value too, and what is right is not."""
    script = tmp_path / "script.py"
    calls = "".join(f'oj.upload("f", "oss://b/k", {call})\n' for call in CALLS)
    script.write_text(f"import oss_jupyter as oj\n{calls}", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--no-error-summary", str(script)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110, check=False)
    said = [line for line in done.stdout.splitlines() if ": error: " in line]
    expected = [(f":{number}: ", complaint) for number, complaint in enumerate(CALLS.values(), 2) if complaint]
    assert len(said) == len(expected), done.stdout
    assert all(where in line and complaint in line for line, (where, complaint) in zip(said, expected, strict=True))


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [("storge_class", "storage_class"), ("paralell", "parallel"), ("content_types", "content_type"), ("ssl", "sse")],
)
def test_a_wrong_name_is_answered_with_the_nearest(wrong: str, meant: str) -> None:
    """Whoever mistypes an argument reads in four lines which one it may have been."""
    given: dict[str, Any] = {wrong: "IA"}
    with pytest.raises(InputError) as refused:
        oj.upload(__file__, "oss://b/k", **given)
    what, safe, advice, code = refused.value.four_lines()
    assert what == f"'{wrong}' is not an argument of an upload."
    assert (safe, code) == ("Nothing was sent.", "UnknownArgument")
    assert advice.startswith(f"Did you mean {meant}?")


def test_a_name_like_no_other_is_answered_with_all() -> None:
    """Where nothing is near, every name is told."""
    with pytest.raises(InputError) as refused:
        oj.upload(__file__, "oss://b/k", zzz=1)  # type: ignore[call-arg]
    assert all(name in refused.value.advice for name in ARGUMENTS)


def test_the_signature_tells_names_and_defaults() -> None:
    """What completes names while one types, and what Shift-Tab shows first, knows every argument."""
    parameters = inspect.signature(oj.upload).parameters
    assert list(parameters) == ["source", "target", *ARGUMENTS]
    assert {name for name, one in parameters.items() if one.kind is one.POSITIONAL_OR_KEYWORD} == {"source", "target"}
    assert parameters["force"].default is False
    assert parameters["storage_class"].default is None
    assert repr(parameters["checkpoint_dir"].default) == "the setting's value"


@pytest.mark.parametrize("kind", [oj.Snapshot, oj.Receipt])
def test_each_field_is_told_in_a_line(kind: type[oj.Snapshot | oj.Receipt]) -> None:
    """Shift-Tab on a value tells type, default and words of each field, and what None means."""
    lines = (kind.__doc__ or "").splitlines()
    assert max(map(len, lines)) <= 100
    for entry in dataclasses.fields(kind):
        (line,) = (line for line in lines if line.startswith(f"{entry.name}: "))
        assert line.endswith(".")
        assert (" = " in line) == (entry.default is not dataclasses.MISSING)
        assert " | None" not in line or re.search(r"None[: ]|else None", line.partition(". ")[2]), line


def test_each_member_of_a_transfer_is_told_in_a_line() -> None:
    """Whoever holds a handle finds in one screen all that it can do."""
    lines = inspect.getdoc(oj.Transfer).splitlines()  # type: ignore[union-attr]
    told = [line.partition(":")[0].partition("(")[0] for line in lines if re.match(r"\w+(\([^)]*\))?: ", line)]
    members = {name for name in vars(oj.Transfer) if not name.startswith("_")}
    assert set(told) == members - {"set_limit", "set_parallel"}
    assert len(told) == len(set(told))
    for name in told:
        (line,) = (line for line in lines if re.match(rf"{name}[:(]", line))
        if callable(getattr(oj.Transfer, name)):
            parameters = list(inspect.signature(getattr(oj.Transfer, name)).parameters.values())[1:]
            shown = [one.name if one.default is one.empty else f"{one.name}={one.default}" for one in parameters]
            assert line.startswith(f"{name}({', '.join(shown)}): ")


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) & set(OssJupyter.class_trait_names(config=True))))
def test_a_setting_has_the_words_of_its_argument(name: str) -> None:
    """What is learnt of an argument holds for the setting that counts where it is left out."""
    words = OssJupyter.class_traits()[name].help
    if name == "limit":  # one of each upload, the other of all together
        assert words.startswith("Bytes a second of all uploads together")
    else:
        assert words.startswith(ARGUMENTS[name].words)


def test_words_tell_all_that_can_be_chosen() -> None:
    """What stands in a sentence that is translated as a whole is what the argument takes."""
    for one in ARGUMENTS.values():
        assert all(re.search(rf"\b{choice}\b", one.words) for choice in one.choices)
    assert f" 1 to {PARALLEL_MOST};" in ARGUMENTS["parallel"].words


def test_each_setting_is_told_in_a_line() -> None:
    """Shift-Tab on the settings tells all of them, with type and default."""
    lines = (OssJupyter.__doc__ or "").splitlines()
    for name, trait in OssJupyter.class_own_traits(config=True).items():
        (line,) = (line for line in lines if line.startswith(f"{name}: "))
        assert f" = {getattr(OssJupyter(), name)!r}. " in line
        assert line.endswith(trait.help)
        assert not trait.allow_none or "None: " in line


def test_every_way_to_the_service_is_a_setting() -> None:
    """How the service is reached need not be written into each cell."""
    assert {*PLACE_NAMES, "profile"} <= set(OssJupyter.class_trait_names(config=True))
    assert set(PLACE_NAMES) <= {entry.name for entry in dataclasses.fields(EndpointSettings)}


@pytest.mark.parametrize("function", [oj.resume, oj.abort])
def test_what_can_be_given_anew_is_the_same_everywhere(function: Callable[..., object]) -> None:
    """Resuming and aborting take the same arguments, and `%oss_uploads` takes them as well."""
    assert set(inspect.signature(function).parameters) - {"text", "keep_parts"} == set(ANEW_NAMES)
    options: Any = OssMagics.oss_uploads
    assert set(ANEW_NAMES) < {action.dest for action in options.parser._actions}


def test_the_form_of_the_desk_asks_in_both_languages() -> None:
    """Each option of the form has a name on the page, and one that is written freely has a hint."""
    asked = form_options(OssJupyter())
    assert next(option["on"] for option in asked if option["name"] == "detach") is False
    assert {"part_size", "parallel", "limit", "storage_class", "acl"} <= {option["name"] for option in asked}
    for option in asked:
        for key in (f"option_{option['name']}", *([] if option["choices"] else [f"hint_{option['name']}"])):
            assert say(key) != say(key, "zh")


def test_help_fits_two_screens() -> None:
    """One line tells an argument's type, unit and default, and all of them can be read at once."""
    lines = pydoc.plain(pydoc.render_doc(oj.upload)).splitlines()
    assert len(lines) <= 88
    assert max(map(len, lines)) <= 100
    told = [line.strip() for line in lines]
    for name, argument in ARGUMENTS.items():
        (line,) = (line for line in told if line.startswith(f"{name}: "))
        assert f": {' | '.join(argument.types)}" in line
        default = getattr(OssJupyter(), name, argument.default)
        assert default is None or f" = {default!r}. " in line
    assert "  part_size: int | str (bytes) = 'auto'. " in "\n".join(lines)
    assert "None: off." in next(line for line in told if line.startswith("checkpoint_dir: "))
    assert any(line.startswith("Raises InputError") for line in told)
