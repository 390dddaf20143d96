"""Variables that hold data and no path, put into the line of a magic by their names."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from .conftest import Shell

SERIES = "0    1.5\\n1   -2.5\\nName: price, dtype: float64"
FRAME = "          city  price\\n0      St. John's    1.5\\n1  D'Arc   -- 2.5  # x"
ARRAY = "[[1 2]\\n [3 4]]"


@pytest.mark.parametrize("text", [SERIES, FRAME, ARRAY, "# of rows\\n0  3", "it's\\n0"])
def test_a_table_is_no_file(shell: Shell, text: str) -> None:
    """What a table prints is not counted as words: the advice is to write it to a file, and nothing of it is shown."""
    shell.inner.user_ns["df"] = text.encode().decode("unicode_escape")
    ran = shell.run("%oss_upload {df} oss://test-bucket/k")
    assert isinstance(ran.error, UsageError)
    assert 'df.to_parquet("data.parquet")' in str(ran.error)
    assert "several lines" in str(ran.error)
    assert "many" not in str(ran.error)
    assert "2.5" not in str(ran.error)


@pytest.mark.parametrize("words", ["my file.csv", "[1, 2, 3]", "<__main__.Model object at 0x7f>"])
def test_words_too_many_name_both_reasons(shell: Shell, words: str) -> None:
    """A name with spaces needs quotes, and data has to become a file."""
    ran = shell.run(f"%oss_upload {words} oss://test-bucket/k")
    assert "is the path of a file. Put names with spaces into quotes" in str(ran.error)
    assert "Data is no file" in str(ran.error)
    assert "Data is no file" not in str(shell.run("%oss_uploads show a b").error)
