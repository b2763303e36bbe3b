# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``classInd.txt`` of UCF101: lines ``id Class`` with ids from 1."""

from pathlib import Path

from training.data_set.numbered_lines import read_lines
from training.data_set.problem import Kind, Problem


def read_class_index(path: Path) -> tuple[tuple[str, ...], tuple[Problem, ...]]:
    """
    Read the class names.

    :param path: the file.
    :return: class names in the order of their lines, and a problem for each bad line.
    """
    lines = read_lines(path)
    if isinstance(lines, Problem):
        return (), (lines,)
    labels: list[str] = []
    problems = []
    for number, (place, line) in enumerate(lines, start=1):
        fields = line.split()
        if len(fields) != 2 or fields[0] != str(number) or fields[1] in labels:
            problems.append(Problem(
                Kind.BAD_LINE, place, f'expected "{number} Class", with consecutive ids from 1 '
                f'and each class once, got {line!r}'))
        labels.append(fields[-1])
    return tuple(labels), tuple(problems)
