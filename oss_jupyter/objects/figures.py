"""Figures of matplotlib and plotly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from oss_jupyter.objects.kinds import Kind, Writer, as_text, is_a


def _savefig(kind: str) -> Writer:
    return lambda figure, file, options: figure.savefig(file, **{"format": kind, **options})


def _image(kind: str) -> Writer:
    return lambda figure, file, options: file.write(figure.to_image(**{"format": kind, **options}))


def _text(method: str) -> Writer:
    def write(figure: Any, file: IO[bytes], options: Mapping[str, Any]) -> None:
        with as_text(file) as text:
            getattr(figure, method)(text, **options)

    return write


_IMAGES = ("png", "svg", "pdf", "jpg", "jpeg", "webp")

FIGURES = (
    Kind(is_a("matplotlib.Figure"), {f".{kind}": _savefig(kind) for kind in _IMAGES}),
    Kind(
        is_a("plotly.BaseFigure"),
        {".html": _text("write_html"), ".json": _text("write_json"), **{f".{kind}": _image(kind) for kind in _IMAGES}},
    ),
)
