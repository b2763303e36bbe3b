# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""YAML files are read within limits, and whatever is wrong is one line of text."""

from imrs_ros.yaml_file import MAX_BYTES, MAX_DEPTH, read_yaml, YamlFileError
import pytest


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / 'file.yaml'
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path
    return write


def test_plain_values(written):
    path = written('a: [1, 2.5, true, null, ä]\nb: {c: "x"}\n')
    assert read_yaml(path) == {'a': [1, 2.5, True, None, 'ä'], 'b': {'c': 'x'}}
    assert read_yaml(written('')) is None


@pytest.mark.parametrize('text', [
    'a: &x 1\nb: *x\n', 'a: &x [*x]\n', 'a: &x {b: 1}\nc: {<<: *x}\n',
    'a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n'])
def test_aliases_are_refused(written, text):
    with pytest.raises(YamlFileError, match=r'line \d: expected no alias'):
        read_yaml(written(text))


@pytest.mark.parametrize(('opening', 'closing'), [('[', ']'), ('{a: ', '}')])
def test_nesting_is_limited(written, opening, closing):
    deep = MAX_DEPTH - 1
    assert read_yaml(written(opening * deep + '1' + closing * deep))
    for deep in (MAX_DEPTH, 20_000):
        with pytest.raises(YamlFileError, match=f'at most {MAX_DEPTH} levels'):
            read_yaml(written(opening * deep + '1' + closing * deep))


def test_size_is_limited(written):
    with pytest.raises(YamlFileError, match=f'at most {MAX_BYTES} bytes'):
        read_yaml(written('#' * MAX_BYTES + '\n'))
    assert read_yaml(written('#' * (MAX_BYTES - 1) + '\n')) is None


@pytest.mark.parametrize('text', [
    '[1, 2', 'a: b: c', 'a: \x01', b'\xff\xfe\xfa', 'a: 2024-99-99', '9' * 5000,
    '!!python/object:os.system {}', '? [1]\n: 2', '1\n---\n2'])
def test_what_is_wrong_is_one_line(written, text):
    with pytest.raises(YamlFileError, match='expected a readable YAML file, got') as caught:
        read_yaml(written(text))
    assert '\n' not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(YamlFileError, match='got FileNotFoundError'):
        read_yaml(tmp_path / 'none.yaml')
    with pytest.raises(YamlFileError, match='got IsADirectoryError'):
        read_yaml(tmp_path)
