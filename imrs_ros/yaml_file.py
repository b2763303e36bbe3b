# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Read YAML files that others wrote: plain data, of bounded size, depth and effort."""

from pathlib import Path
from typing import Any

import yaml

MAX_BYTES = 2 ** 20
"""A model card of 700 classes has about 200 kB."""
MAX_DEPTH = 32


class YamlFileError(ValueError):
    """A YAML file that cannot be read; the text says what is wrong, on one line."""


class BoundedLoader(yaml.SafeLoader):
    """
    The safe loader, without aliases and with limited nesting.

    A few lines of aliases to aliases stand for more values than any memory holds.
    """

    def __init__(self, text: str) -> None:
        """
        Start at depth 0.

        :param text: of the file.
        :raises yaml.YAMLError: if it holds characters that YAML forbids.
        """
        super().__init__(text)
        self._depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """
        Compose a value, as the base class does.

        :param parent: the value that holds it.
        :param index: its place there.
        :return: the value.
        :raises YamlFileError: for an alias, or too deep a value.
        """
        if self.check_event(yaml.AliasEvent):
            raise YamlFileError(
                f'line {self.peek_event().start_mark.line + 1}: expected no alias (*), write the '
                'value out')
        if self._depth >= MAX_DEPTH:
            raise YamlFileError(f'line {self.peek_event().start_mark.line + 1}: expected at most '
                                f'{MAX_DEPTH} levels of nesting')
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_yaml(path: Path) -> Any:
    """
    Read a YAML file.

    :param path: the file.
    :return: its content: mappings, lists, strings, numbers, booleans, dates and None.
    :raises YamlFileError: if it cannot be read, is no YAML, or exceeds a limit.
    """
    try:
        # Not asked of the file system first: a pipe or a device has no size.
        with path.open('rb') as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise YamlFileError(f'expected at most {MAX_BYTES} bytes of YAML, got more')
        loader = BoundedLoader(data.decode())
        try:
            return loader.get_single_data()
        finally:
            loader.dispose()
    except YamlFileError:
        raise
    # Dates and numbers that Python cannot hold are ValueErrors; YAML errors span several lines.
    except (OSError, ValueError, OverflowError, yaml.YAMLError) as error:
        words = ' '.join(str(error).split())
        raise YamlFileError(
            f'expected a readable YAML file, got {type(error).__name__}: {words}') from error
