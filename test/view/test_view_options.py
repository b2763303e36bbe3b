# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command line of the view."""

from imrs_ros.view.options import read_options
import pytest


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ('SOURCE', 'PEOPLE', 'MODEL', 'PORT'):
        monkeypatch.delenv(name, raising=False)


def test_without_arguments_it_shows_what_runs_on_this_machine_alone():
    options = read_options([])
    assert options.sources == ()
    assert (options.host, options.port) == ('127.0.0.1', 8080)


def test_make_gives_options_in_the_environment(monkeypatch):
    for name, value in {'SOURCE': 'my clip.mp4', 'PEOPLE': '1', 'MODEL': 'mine',
                        'PORT': '9000'}.items():
        monkeypatch.setenv(name, value)
    options = read_options([])
    assert (options.sources, options.people, options.model, options.port) == (
        ('my clip.mp4',), True, 'mine', 9000)


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--port', '70000'], '--port: expected a number from 0 to 65535, got 70000'),
    (['--node', 'recognizer'], '--node: expected a full name such as /recognizer'),
    (['0', '--node', '/recognizer'], 'expected SOURCE or --node, got both'),
    (['--people'], '--people: expected a SOURCE as well'),
    (['--backend', 'abacus'], 'invalid choice')])
def test_wrong_options_are_named(capsys, arguments, words):
    with pytest.raises(SystemExit):
        read_options(arguments)
    assert words in capsys.readouterr().err
