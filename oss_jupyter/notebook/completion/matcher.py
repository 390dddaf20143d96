"""Tab behind a magic's name: what IPython is told, for every front end that asks it."""

from __future__ import annotations

from argparse import Action, ArgumentParser
from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult, context_matcher

from oss_jupyter.console.help import help_of
from oss_jupyter.notebook.completion.expected import expected
from oss_jupyter.notebook.completion.line import Line, read_line
from oss_jupyter.notebook.completion.offers import Offer, spelled
from oss_jupyter.notebook.completion.values import Values
from oss_jupyter.session.session import Session


class Completion:
    """Completes the lines of our magics in one shell. Main thread only."""

    def __init__(self, shell: Any, session: Session) -> None:
        self._shell = shell
        self._values = Values(session, shell.user_ns)

    @context_matcher(identifier="oss_jupyter")  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return what fits, and let nobody else say more about a line of ours."""
        line = read_line(context.line_with_cursor, context.cursor_position)
        parser = self._parser(line) if line else None
        if line is None or parser is None:
            return {"completions": []}
        fragment, offers = self._offers(parser, line)
        # Where nothing is said IPython lets others speak, and Python's functions fit nowhere on such a line. So the
        # word is said as it stands, which changes nothing.
        said = offers or [Offer(fragment)]
        completions = [SimpleCompletion(offer.text, type=offer.about) for offer in said]
        return {"completions": completions, "suppress": True, "matched_fragment": fragment, "ordered": True}

    def _parser(self, line: Line) -> ArgumentParser | None:
        find = self._shell.find_cell_magic if line.is_cell else self._shell.find_line_magic
        return getattr(find(line.magic), "parser", None)

    def _offers(self, parser: ArgumentParser, line: Line) -> tuple[str, list[Offer]]:
        """Return what is replaced, and by what."""
        wanted = expected(parser, line)
        if wanted.options:
            fitting = (_option(action, line.text) for action in wanted.options)
            return line.raw, [offer for offer in fitting if offer is not None]
        word = wanted.line
        found = [offer for action in wanted.values for offer in self._values.of(action, word.text, wanted)]
        return word.raw, list(spelled(found, word))


def _option(action: Action, text: str) -> Offer | None:
    """Return an option as it is written, the longest way; another one where only that begins as the text does."""
    flags = sorted(action.option_strings, key=len, reverse=True)
    fitting = next((flag for flag in flags if flag.startswith(text)), None)
    return Offer(fitting, help_of(action).strip()) if fitting else None
