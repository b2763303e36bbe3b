# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Every example has a page, an entry in the index and a test, and its files can be read."""

import ast
import json
import re
import xml.etree.ElementTree as ElementTree

import pytest
import yaml


@pytest.fixture(scope='session')
def folders(examples):
    return sorted(path for path in examples.iterdir() if path.is_dir())


def test_the_index_names_every_example(examples, folders):
    index = (examples / 'README.md').read_text()
    assert re.findall(r'^\| \[(\w+)\]\(\w+/README\.md\)', index, re.MULTILINE) == [
        folder.name for folder in folders]


def test_every_page_says_what_it_shows_how_to_run_it_and_what_was_tested(folders):
    for folder in folders:
        page = (folder / 'README.md').read_text()
        assert page.startswith('# ')
        assert re.search(r'^    \S', page, re.MULTILINE), f'{folder.name}: no command'
        assert '## Tested' in page, folder.name
        for name in re.findall(r'\]\(([^)#:]+)\)', page):
            assert (folder / name).exists(), f'{folder.name}: {name}'


def test_every_example_has_a_test(folders, root):
    for folder in folders:
        assert (root / 'test' / 'examples' / f'test_{folder.name}.py').is_file()


def test_every_file_can_be_read(examples):
    readers = {'.py': lambda text: compile(text, 'example', 'exec'), '.json': json.loads,
               '.yaml': yaml.safe_load, '.xml': ElementTree.fromstring}
    read = [readers[path.suffix](path.read_text()) for path in examples.rglob('*')
            if path.suffix in readers]
    assert len(read) >= 8


def test_examples_import_nothing_of_this_package(examples):
    """They are to be copied."""
    for path in examples.rglob('*.py'):
        for item in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in item.names] if isinstance(item, ast.Import) else (
                [item.module] if isinstance(item, ast.ImportFrom) else [])
            assert not [name for name in names if name.split('.')[0] == 'imrs_ros'], path
