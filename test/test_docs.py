# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Texts that docs quote occur in the source; tests and files that they name exist."""

import ast
import re

import pytest

PLACEHOLDER = '\0'
SOURCES = ('imrs_ros', 'training', 'requirements')


def template(node):
    """Return the text of a string expression, with placeholders for what it inserts."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else PLACEHOLDER
    if isinstance(node, ast.JoinedStr):
        return ''.join(map(template, node.values))
    if isinstance(node, ast.BinOp):
        return template(node.left) + template(node.right)
    return PLACEHOLDER


@pytest.fixture(scope='module')
def texts(root):
    """Return all texts in the source, with single spaces."""
    kinds = (ast.Constant, ast.JoinedStr, ast.BinOp)
    found = {template(node) for source in SOURCES for path in (root / source).rglob('*.py')
             for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)}
    return '\n'.join(' '.join(text.split()) for text in found)


def headings(page):
    """Return the quoted texts of a page's headings; ``<what>`` stands for what is inserted."""
    return re.findall(r'^### `(.+)`$', page, re.MULTILINE)


def test_every_text_in_troubleshooting_occurs_in_the_source(root, texts):
    quoted = headings((root / 'docs' / 'troubleshooting.md').read_text())
    assert len(quoted) > 40
    missing = [text for text in quoted
               if re.sub('<.*?>', PLACEHOLDER, text) not in texts]
    assert not missing, 'update the page, or the heading'


def test_every_test_named_in_extend_exists(root):
    named = set(re.findall(r'`(test_\w+)`', (root / 'docs' / 'extend.md').read_text()))
    defined = {name for path in (root / 'test').rglob('test_*.py')
               for name in re.findall(r'^def (test_\w+)', path.read_text(), re.MULTILINE)}
    assert len(named) > 10
    assert named <= defined


@pytest.mark.parametrize('page', ['extend', 'security', 'troubleshooting'])
def test_files_named_in_docs_exist(root, page):
    text = (root / 'docs' / f'{page}.md').read_text()
    named = re.findall(
        r'`((?:imrs_ros|training|test|config|docs|launch|requirements|benchmarks)/[^`<* ]*)`',
        text)
    named += [f'docs/{link}' for link in re.findall(r'\]\(([^)#:]+)\)', text)]
    missing = [name for name in named if not (root / name.partition('::')[0]).exists()]
    assert not missing
