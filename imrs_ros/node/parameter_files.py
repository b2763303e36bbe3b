"""Parameter files given to the process of which nothing applies to the node; no ROS."""

from collections.abc import Iterator, Sequence
from pathlib import Path
import re
from typing import Any

import yaml

OPTION = '--params-file'
KEY = 'ros__parameters'


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
                names = list(_names('', yaml.safe_load(Path(path).read_text(encoding='utf-8'))))
            except (OSError, UnicodeDecodeError, yaml.YAMLError):
                continue
            if not any(_pattern(name).fullmatch(node) for name in names):
                unused[path] = names
    return unused


def _names(prefix: str, content: Any) -> Iterator[str]:
    """List the nodes that a file names, with their namespaces, which may be nested."""
    if not isinstance(content, dict):
        return
    for key, below in content.items():
        if key == KEY:
            yield prefix
        else:
            yield from _names(f'{prefix}/{str(key).strip("/")}', below)


def _pattern(name: str) -> re.Pattern[str]:
    """Return what a name matches: * stands for one word, ** for any number."""
    words = {'**': r'(/\w+)*', '*': r'/\w+'}
    return re.compile(''.join(
        words.get(word, '/' + re.escape(word)) for word in name.split('/')[1:]))
