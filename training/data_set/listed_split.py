"""What the files of one split say, right or wrong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from training.data_set.listed_video import ListedVideo, ListName
from training.data_set.problem import Kind, Problem

LISTED_PARTS: tuple[ListName, ...] = ('train', 'test')


@dataclass(frozen=True, slots=True)
class SplitLists:
    """Listed videos, and what could not be read."""

    labels: tuple[str, ...]
    """Class names: in the order of ``classInd.txt``, sorted where there is none."""
    videos: tuple[ListedVideo, ...]
    """Every video of a line that could be read, in the order of files and lines."""
    problems: tuple[Problem, ...]
    """What could not be read, in the same order."""

    @classmethod
    def of(
        cls, labels: tuple[str, ...] | None, items: Iterable[ListedVideo | Problem],
    ) -> 'SplitLists':
        """
        Part videos from problems.

        :param labels: class names; None for the sorted classes of the videos.
        :param items: what each line says.
        :return: the lists.
        """
        items = tuple(items)
        videos = tuple(item for item in items if isinstance(item, ListedVideo))
        if labels is None:
            labels = tuple(sorted({video.class_name for video in videos}))
        return cls(labels, videos, tuple(item for item in items if isinstance(item, Problem)))

    def with_empty(self, paths: Mapping[ListName, Path]) -> 'SplitLists':
        """
        Note the parts without videos, unless other problems tell why.

        :param paths: the parts there must be, and the files that list them.
        :return: the lists with these problems.
        """
        if self.problems:
            return self
        given = {video.part for video in self.videos}
        return replace(self, problems=tuple(
            Problem(Kind.EMPTY_LIST, str(path),
                    f'expected at least one {part} video, got none; add one')
            for part, path in paths.items() if part not in given))
