"""What a kernel publishes of its uploads for JupyterLab's status bar."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from oss_jupyter.model.states import State
from oss_jupyter.notebook.magics.telling import Telling

from .kit import Kernel, alone


def test_more_uploads_than_rows_are_counted(kernel: Kernel, source: Path) -> None:
    """How many move is told beside the rows, which are a hundred at most, and what rests does not count."""
    specs = [kernel.spec(source, f"oss://test-bucket/{number}.bin") for number in range(131)]
    transfers = [*map(alone, specs[:130]), alone(specs[130], State.PAUSED)]
    manager: Any = SimpleNamespace(transfers=lambda: transfers)
    content = Telling(lambda: manager).content()
    assert len(content["rows"]) == 100
    assert content["moving"] == 130
