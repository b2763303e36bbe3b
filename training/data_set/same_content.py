# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Videos with the same bytes under different names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
import hashlib
from itertools import combinations
from pathlib import Path

from training.data_set.problem import Kind, Problem

BLOCK_BYTES = 1 << 20


def find_in_background(
    splits: Mapping[str, Mapping[Path, str]], background: Mapping[Path, str],
) -> Iterator[Problem]:
    """
    Find files that are listed both with a class and as background.

    :param splits: by name of a split, the files it lists, and the list of each.
    :param background: the files of the background lists, and the list of each.
    :return: a problem for each file in each split.
    """
    for name, files in splits.items():
        for path in files:
            if path in background:
                yield Problem(
                    Kind.IN_BACKGROUND, name, f'{path}: expected a video either of a class or of '
                    'the background, got it in both; remove one of the lines')


def find_same_content(
    splits: Mapping[str, Mapping[Path, str]], background: Mapping[Path, str],
) -> Iterator[Problem]:
    """
    Find videos of a split that hold the same bytes; only files of equal size are read.

    Copies within the training list count as well: one may be held out to choose the best epoch.

    :param splits: by name of a split, the files it lists, and the list of each.
    :param background: the files of the background lists, and the list of each.
    :return: a problem for each pair in each split.
    """
    outside = {path: f'background {subset}' for path, subset in background.items()}
    listed = {name: {**outside, **files} for name, files in splits.items()}
    paths = sorted({path for files in listed.values() for path in files})
    by_size = _group((path for path in paths if path.stat().st_size),
                     lambda path: str(path.stat().st_size))
    for copies in [c for same_size in by_size for c in _group(same_size, _digest)]:
        for name, files in listed.items():
            for first, second in combinations([path for path in copies if path in files], 2):
                yield Problem(
                    Kind.SAME_CONTENT, name, f'{second} ({files[second]}): expected other content '
                    f'than that of {first} ({files[first]}), got the same bytes; remove one')


def _group(paths: Iterable[Path], key: Callable[[Path], str]) -> list[list[Path]]:
    """Group files by a key, in order; files without an equal are left out."""
    groups: dict[str, list[Path]] = {}
    for path in paths:
        groups.setdefault(key(path), []).append(path)
    return [group for group in groups.values() if len(group) > 1]


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
