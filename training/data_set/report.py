"""What a check of a data set found, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.data_set.problem import Kind, Problem

MAX_NOTES = 10
MAX_PLACES = 3


@dataclass(frozen=True, slots=True)
class DataReport:
    """All findings."""

    data: Path
    """The folder that was checked."""
    format_name: str
    """Name of the format of its split files."""
    sizes: Mapping[str, tuple[int, int]]
    """Split to numbers of training and of test videos that are there."""
    problems: tuple[Problem, ...]
    """What is wrong, and notes."""

    @property
    def is_clean(self) -> bool:
        """Whether there are no errors; there may be notes."""
        return not any(problem.kind.is_error for problem in self.problems)

    def lines(self) -> Iterator[str]:
        """
        Give the report: sizes, then a section for each kind of problem, then the sum.

        Something that shows in several places is one problem, with up to ``MAX_PLACES`` of them.

        :return: lines of text, names relative to the data set.
        """
        yield f'{self.data}: split files of the format {self.format_name}'
        for name, (num_train, num_test) in self.sizes.items():
            yield f'{name}: {num_train} training and {num_test} test videos'
        num_errors = 0
        for kind in Kind:
            places = self._places(kind)
            if places:
                yield from self._section(kind, places)
            num_errors += len(places) if kind.is_error else 0
        yield 'no problems' if self.is_clean else f'problems: {num_errors}'

    def _places(self, kind: Kind) -> dict[str, list[str]]:
        """Give each text of a kind with the places where it shows."""
        places: dict[str, list[str]] = {}
        for problem in self.problems:
            if problem.kind is kind:
                known = places.setdefault(self._relative(problem.text), [])
                place = self._relative(problem.place)
                if place and place not in known:
                    known.append(place)
        return places

    def _section(self, kind: Kind, places: Mapping[str, list[str]]) -> Iterator[str]:
        yield f'{"" if kind.is_error else "note: "}{kind.value}: {len(places)}'
        shown = list(places)[:None if kind.is_error else MAX_NOTES]
        for text in shown:
            yield f'  {text}'
            where = places[text]
            if where:
                more = len(where) - MAX_PLACES
                yield f'    in {"; ".join(where[:MAX_PLACES])}' + (
                    f' and {more} more' if more > 0 else '')
        if len(shown) < len(places):
            yield f'  and {len(places) - len(shown)} more'

    def _relative(self, text: str) -> str:
        for name in ('videos', 'splits'):
            text = text.replace(str(self.data / name), name)
        # File names need not be UTF-8; a terminal must be able to show them all the same.
        return text.encode('utf-8', 'backslashreplace').decode()
