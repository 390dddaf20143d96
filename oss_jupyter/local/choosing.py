"""Which names of a folder count. It is asked while a walk goes down, folder by folder, and looks at no disk itself.

Three things decide, and each must let a name pass:

1. the pattern of a glob, where the dataset is one: a folder that it matches counts with all that is in it;
2. what is left out anyway: names with a dot unless `hidden`, a few folders of tools, and what .ossignore files say,
   read as git reads its own: the deepest file first, in it the last pattern that matches, and nothing comes back out of
   a folder that is left out. An include rule, or the glob, that asks for such a name in so many words takes it in;
3. the rules of the selection: the last one that matches a name, or a folder above it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oss_jupyter.local.patterns import NOTHING, Level, Pattern, parse_glob, parse_lines, parse_pattern
from oss_jupyter.model.dataset import Rule, Selection

IGNORE_FILE = ".ossignore"
# What tools put beside the data, and nobody means.
LEFT_OUT = frozenset({".ipynb_checkpoints", ".git", "__pycache__"})


def choice_of(selection: Selection, glob: str = "") -> Choice:
    """Return how names are chosen in the folder where a walk begins. Patterns that can match nothing count as such."""
    rules = tuple(_compiled(rule) for rule in selection.rules)
    pattern = parse_glob(glob) if glob else None
    return Choice(
        rules=Level(rules),
        hidden=selection.hidden,
        starts_in=not (selection.rules and selection.rules[0].takes_in),
        glob=None if pattern is None else Level((pattern,)),
    )


def _compiled(rule: Rule) -> Pattern:
    return parse_pattern(rule.pattern, rule.takes_in) or Pattern((NOTHING,), folders_only=False, takes_in=rule.takes_in)


@dataclass(frozen=True)
class Choice:
    """How names of one folder are chosen.

    rules, glob: where their patterns stand here; glob: None where all counts. ignores: those of .ossignore files, the
    deepest first. decided: the last rule that matched this folder or one above, or -1. asked: set within a folder that
    is left out and in which these rules ask for something; only what they match counts there.
    """

    rules: Level
    hidden: bool
    starts_in: bool
    glob: Level | None = None
    ignores: tuple[Level, ...] = ()
    decided: int = -1
    asked: frozenset[int] | None = None

    def with_ignore_file(self, text: str) -> Choice:
        """Return the choice in a folder that has such a file."""
        patterns = parse_lines(text)
        return replace(self, ignores=(Level(patterns), *self.ignores)) if patterns else self

    @property
    def takes_all(self) -> bool:
        """Whether only what is left out anyway is left out here, of names without wildcards."""
        return not self.rules.patterns and self.glob is None and not self.ignores

    def is_hidden(self, name: str) -> bool:
        """Whether a name is left out by itself, unless it is asked for."""
        return name in LEFT_OUT or (name.startswith(".") and not self.hidden)

    def takes_file(self, name: str) -> bool:
        """Whether a file of this folder counts."""
        if self.glob is not None and self.glob.last_match(name, is_folder=False) < 0:
            return False
        if not self._is_in(max(self.decided, self.rules.last_match(name, is_folder=False))):
            return False
        if self.asked is not None and not self.rules.matched_by(self.asked, name, is_folder=False):
            return False
        return not self._left_out(name, is_folder=False) or any(ends for _, ends in self._asking(name, is_folder=False))

    def of_folder(self, name: str) -> Choice | None:
        """Return the choice in a folder of this one, None where nothing in it can count."""
        decided = max(self.decided, self.rules.last_match(name, is_folder=True))
        glob = self.glob
        if glob is not None:
            glob = None if glob.last_match(name, is_folder=True) >= 0 else glob.below(name)
        if glob is not None and not glob.places:
            return None
        rules, asked = self.rules.below(name), self._asked_within(name, decided)
        below = {number for number, _ in rules.places if rules.patterns[number].takes_in}
        if asked is not None and not asked & below:
            return None
        if not self._is_in(decided) and max(below, default=-1) <= decided:
            return None
        ignores = tuple(level.below(name) for level in self.ignores)
        return replace(self, rules=rules, glob=glob, ignores=ignores, decided=decided, asked=asked)

    def _asked_within(self, name: str, decided: int) -> frozenset[int] | None:
        """Return which rules ask for something in a folder, None where all of it may count."""
        asked = self.asked
        if asked is not None and self._is_in(decided) and self.rules.matched_by(asked, name, is_folder=True):
            asked = None
        if not self._left_out(name, is_folder=True):
            return asked
        asking = self._asking(name, is_folder=True)
        if any(number < 0 or (ends and self._is_in(decided)) for number, ends in asking):
            return asked
        return frozenset(number for number, ends in asking if not ends)

    def _asking(self, name: str, is_folder: bool) -> list[tuple[int, bool]]:
        """Return who asks for a name that is left out: numbers of rules, -1 for the glob, and whether that is all."""
        by_its_dot = name.startswith(".") and name not in LEFT_OUT and not self._ignored(name, is_folder)
        found = [
            (number, ends)
            for number, ends in self.rules.naming(name, is_folder, by_its_dot)
            if self.rules.patterns[number].takes_in
        ]
        if self.glob is not None:
            found += [(-1, ends) for _, ends in self.glob.naming(name, is_folder, by_its_dot)]
        return found

    def _left_out(self, name: str, is_folder: bool) -> bool:
        by_itself = self.is_hidden(name)
        last = self._last_ignore(name, is_folder)
        if last is None:
            return by_itself
        level, number = last
        if not level.patterns[number].takes_in:
            return True
        by_its_dot = name not in LEFT_OUT
        return by_itself and not any(one == number for one, _ in level.naming(name, is_folder, by_its_dot))

    def _ignored(self, name: str, is_folder: bool) -> bool:
        last = self._last_ignore(name, is_folder)
        return last is not None and not last[0].patterns[last[1]].takes_in

    def _last_ignore(self, name: str, is_folder: bool) -> tuple[Level, int] | None:
        for level in self.ignores:
            number = level.last_match(name, is_folder)
            if number >= 0:
                return level, number
        return None

    def _is_in(self, decided: int) -> bool:
        return self.starts_in if decided < 0 else self.rules.patterns[decided].takes_in
