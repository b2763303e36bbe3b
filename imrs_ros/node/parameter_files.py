# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameter files given to the process of which nothing applies to the node; no ROS."""

from collections.abc import Sequence
from pathlib import Path
import re

from imrs_ros.parameter_file import node_sections
from imrs_ros.yaml_file import read_yaml

OPTION = '--params-file'


def unused_file_warnings(arguments: Sequence[str], node: str) -> list[str]:
    """
    Return a warning for each parameter file of which nothing applies to a node.

    :param arguments: command line of the process.
    :param node: full name of the node.
    :return: the warnings, with their cure.
    """
    return [f'nothing in {path} applies to this node, {node}: it names '
            f'{", ".join(names) or "none"}; write /**: instead'
            for path, names in unused_files(arguments, node).items()]


def unused_files(arguments: Sequence[str], node: str) -> dict[str, list[str]]:
    """
    Find the parameter files of which nothing applies to a node.

    :param arguments: command line of the process.
    :param node: full name of the node.
    :return: names of the nodes in each such file, by its path; rcl itself refuses unreadable ones.
    """
    unused = {}
    for option, path in zip(arguments, arguments[1:]):
        if option == OPTION:
            try:
                names = [name for name, _ in node_sections(read_yaml(Path(path)) or {})]
            except ValueError:
                continue
            if not any(_pattern(name).fullmatch(node) for name in names):
                unused[path] = names
    return unused


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a name matches: * stands for one word, ** for any number."""
    words = {'**': r'(/\w+)*', '*': r'/\w+'}
    return re.compile(''.join(
        words.get(word, '/' + re.escape(word)) for word in name.split('/')[1:]))
