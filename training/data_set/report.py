# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The problems of a data set as text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from training.data_set.problem import Kind, Problem

MAX_NOTES = 10
MAX_PLACES = 3


@dataclass(frozen=True, slots=True)
class DataSetReport:
    """Result of a check."""

    data: Path
    """The folder that was checked."""
    format_name: str
    """Format of its split files."""
    sizes: Mapping[str, tuple[int, int]]
    """By split: numbers of training and test videos found on disk."""
    problems: tuple[Problem, ...]
    """Errors and notes."""

    @property
    def is_clean(self) -> bool:
        """Whether there are no errors; notes do not count."""
        return not any(problem.kind.is_error for problem in self.problems)

    def lines(self) -> Iterator[str]:
        """
        Return the report: sizes, then a section for each kind of problem, then the total.

        A problem found in several places counts once, with up to ``MAX_PLACES`` of them.

        :return: lines of text; paths are relative to the data set.
        """
        yield f'{self.data}: {self.format_name} split files'
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
        """Return the places of each problem of a kind, by its text."""
        places: dict[str, list[str]] = {}
        for problem in self.problems:
            if problem.kind is kind:
                listed = places.setdefault(self._relative(problem.text), [])
                place = self._relative(problem.place)
                if place and place not in listed:
                    listed.append(place)
        return places

    def _section(self, kind: Kind, places: Mapping[str, list[str]]) -> Iterator[str]:
        yield f'{"" if kind.is_error else "note: "}{kind.value}: {len(places)}'
        shown = list(places)[:None if kind.is_error else MAX_NOTES]
        for text in shown:
            yield f'  {text}'
            if places[text]:
                more = len(places[text]) - MAX_PLACES
                yield f'    in {"; ".join(places[text][:MAX_PLACES])}' + (
                    f' and {more} more' if more > 0 else '')
        if len(shown) < len(places):
            yield f'  and {len(places) - len(shown)} more'

    def _relative(self, text: str) -> str:
        for name in ('videos', 'splits'):
            text = text.replace(str(self.data / name), name)
        # File names need not be UTF-8, but a terminal must be able to print them.
        return text.encode('utf-8', 'backslashreplace').decode()
