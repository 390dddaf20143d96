"""Cells that read back what was sent, as texts: right for each library, whatever stands in a key."""

from __future__ import annotations

import ast
import shlex

import pytest

from oss_jupyter.errors import InputError
from oss_jupyter.model.dataset_snippets import dataset_snippet, format_of_all
from oss_jupyter.model.progress import Receipt
from oss_jupyter.model.reading_formats import KINDS, readers_of
from oss_jupyter.model.snippets import snippet
from oss_jupyter.model.target import Target

ODD = [
    "it's \"quoted\".csv", "back\\slash.csv", "a*b?[c].csv", "chain::of.csv", "新/数据.csv", "$HOME `id` {x}.csv",
    "line\nbreak.csv", "-rf.csv", "a #1%.csv", "\u202egnp.csv", "'; DROP TABLE x; --.csv",
]  # fmt: skip
PLACE = {"region": "cn-hangzhou", "endpoint": "https://oss.example.com"}


def code_of(text: str) -> ast.Module:
    """Return a cell's Python; the line that loads the extension is IPython's."""
    return ast.parse(text.removeprefix("%load_ext oss_jupyter\n"))


def texts_in(text: str) -> list[str]:
    """Return the texts that stand in a cell's code."""
    nodes = ast.walk(code_of(text))
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def a_receipt(key: str) -> Receipt:
    return Receipt(f"oss://bucket/{key}", 1, "E", 1, "R", 1.0, 1, 0, 1, 0)


def test_a_table_is_read_in_one_line() -> None:
    """What is copied is what one would have typed."""
    assert a_receipt("data/trips.parquet").snippet("pandas") == (
        '%load_ext oss_jupyter\n\nimport pandas as pd\n\ndf = pd.read_parquet("oss://bucket/data/trips.parquet")\ndf'
    )


@pytest.mark.parametrize(
    ("kind", "key", "line"),
    [
        ("pandas", "t.csv.gz", 'pd.read_csv("oss://bucket/t.csv.gz")'),
        ("pandas", "t.TSV", 'pd.read_csv("oss://bucket/t.TSV", sep="\\t")'),
        ("pandas", "t.jsonl", 'pd.read_json("oss://bucket/t.jsonl", lines=True)'),
        ("pandas", "t.arrow", 'pd.read_feather("oss://bucket/t.arrow")'),
        ("pandas", "t.xlsx", 'pd.read_excel("oss://bucket/t.xlsx")'),
        ("polars", "t.parquet", '.open("bucket/t.parquet") as file:\n    df = pl.read_parquet(file)'),
        ("polars", "t.csv.gz", '.open("bucket/t.csv.gz", compression="gzip") as file:\n    df = pl.read_csv(file)'),
        ("pyarrow", "t.feather", "df = pyarrow.feather.read_table(file)"),
        ("duckdb", "it's.csv", "SELECT * FROM read_csv('oss://bucket/it''s.csv')"),
        ("dask", "t.csv.gz", 'dd.read_csv("oss://bucket/t.csv.gz", blocksize=None)'),
        ("ossutil", "a/b c.bin", "ossutil cp 'oss://bucket/a/b c.bin' './b c.bin'"),
        ("python", "a/b.bin", 'oss.GetObjectRequest(bucket="bucket", key="a/b.bin"), "b.bin")'),
    ],
)  # fmt: skip
def test_the_suffix_says_how_it_is_read(kind: str, key: str, line: str) -> None:
    """Each library is called with what it needs for the format that the key names."""
    assert line in a_receipt(key).snippet(kind)


@pytest.mark.parametrize("key", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_a_key_stays_a_key(key: str, kind: str) -> None:
    """No sign in a key ends a text, starts a command or a pattern, or is lost."""
    text = snippet(kind, Target("bucket", key), PLACE, PLACE)
    if kind == "ossutil":
        words = shlex.split(text)
        name = key.rpartition("/")[2]
        assert words == ["ossutil", "cp", f"oss://bucket/{key}", f"./{name}", "--region", "cn-hangzhou",
                         "--endpoint", "https://oss.example.com"]  # fmt: skip
        return
    shown = {"python": key}.get(kind, f"bucket/{key}")
    found = [one.replace("''", "'") if kind == "duckdb" else one for one in texts_in(text)]
    assert [one for one in found if shown in one or shown.replace("'", "''") in one]
    assert text.isprintable() or set(text) - {"\n"} == {sign for sign in text if sign.isprintable()}


@pytest.mark.parametrize("key", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_the_prefix_of_a_dataset_stays_one(key: str, kind: str) -> None:
    """The same for what all keys of a dataset begin with."""
    text = dataset_snippet(kind, Target("bucket", f"{key}/"), format_of_all(["x.csv"]), PLACE, PLACE)
    if kind == "ossutil":
        assert shlex.split(text)[3] == f"oss://bucket/{key}/"
    else:
        assert code_of(text).body


def test_what_a_session_does_not_know_is_written_out() -> None:
    """A place that was named for one upload alone is named in its cells, too; and what has defaults is not."""
    target = Target("bucket", "t.parquet")
    written = '"oss://bucket/t.parquet", storage_options={"region": "cn-hangzhou", "internal": True}'
    place = {"region": "cn-hangzhou", "internal": True}
    assert written in snippet("dask", target, place, place)
    assert 'fsspec.filesystem("oss", region="cn-hangzhou", internal=True)' in snippet("duckdb", target, place, place)
    assert "storage_options" not in snippet("dask", target, place, {})
    python = snippet("python", target, {**place, "signature_version": "v1", "ca_bundle": "/ca.pem"}, {})
    assert "config.use_internal_endpoint = True\n" in python
    assert 'config.signature_version = "v1"\n' in python
    assert 'os.environ["OSS_REGION"]' in snippet("python", target, {}, {})


@pytest.mark.parametrize(
    ("kind", "key", "what"),
    [
        ("excel", "t.csv", "There is no snippet for 'excel'."),
        (None, "t.csv", "There is no snippet for None."),
        ("pandas", "t.bin", "pandas reads no '.bin'."),
        ("pandas", "README", "pandas reads no object without a suffix."),
        ("pandas", ".csv", "pandas reads no '.csv'."),
        ("pyarrow", "t.json", "pyarrow reads no '.json'."),
        ("duckdb", "t.parquet.gz", "duckdb reads no '.parquet.gz'."),
    ],
)
def test_what_a_library_does_not_read_is_refused(kind: object, key: str, what: str) -> None:
    """The refusal names what does read it."""
    with pytest.raises(InputError) as raised:
        a_receipt(key).snippet(kind)  # type: ignore[arg-type]
    assert raised.value.what == what
    assert "Choose one of " in raised.value.advice
    assert raised.value.code == "NoSnippet"


def test_any_object_is_fetched_by_two_ways() -> None:
    """What is no table is saved as a file, also where no way was chosen."""
    assert a_receipt("model.bin").snippet() == a_receipt("model.bin").snippet("python")
    assert a_receipt("t.parquet").snippet() == a_receipt("t.parquet").snippet("pandas")
    assert readers_of("model.bin") == ("python", "ossutil")
    assert readers_of("t.parquet") == KINDS


def test_a_dataset_is_read_as_what_most_of_it_is() -> None:
    """A note and a marker beside the tables change nothing; where there is no table, it is fetched."""
    found = format_of_all(["_SUCCESS", "a.parquet", "b.parquet", "notes.csv", "read.me"])
    assert found.suffix == ".parquet"
    text = dataset_snippet("pandas", Target("bucket", "raw/"), found, {}, {})
    assert 'df = pd.read_parquet("oss://bucket/raw/")' in text
    with pytest.raises(InputError, match=r"pandas reads no '.bin'"):
        dataset_snippet("pandas", Target("bucket", "raw/"), format_of_all(["a.bin"]), {}, {})
    assert "./raw/" in dataset_snippet("ossutil", Target("bucket", "raw/"), format_of_all([]), {}, {})
