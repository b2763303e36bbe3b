# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Lines of a text file, each with its file name and line number."""

from pathlib import Path

from training.data_set.problem import Kind, Problem


def read_lines(path: Path) -> list[tuple[str, str]] | Problem:
    """
    Read the lines that are not blank.

    :param path: UTF-8 text, with or without a byte order mark.
    :return: place ("FILE, line N", from 1) and text of each line, or why the file is unreadable.
    """
    try:
        lines = path.read_text(encoding='utf-8-sig').splitlines()
    except FileNotFoundError:
        return Problem(
            Kind.MISSING_LIST, str(path), 'expected this file, got none; copy it from the data '
            'set, or choose another split')
    except UnicodeDecodeError as error:
        return Problem(
            Kind.BAD_LINE, str(path), f'expected UTF-8 text, got {error}; save it as UTF-8')
    return [(f'{path}, line {n}', line) for n, line in enumerate(lines, start=1) if line.strip()]
