# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What takes long tells so, to whoever listens."""

from threading import Event

from imrs_ros.backends import progress
from imrs_ros.backends.progress import listening, tell, told
import pytest


@pytest.fixture
def lines():
    """Return what is told in this process while the test lasts."""
    found = []
    with listening(found.append):
        yield found


def test_lines_go_to_standard_error_where_nobody_listens(capfd):
    tell('waiting')
    assert capfd.readouterr().err == 'imrs_ros: waiting\n'


def test_all_listeners_hear_of_it_and_standard_error_does_not(lines, capfd):
    others = []
    with listening(others.append):
        tell('waiting')
    tell('building')
    assert (lines, others) == (['waiting', 'building'], ['waiting'])
    assert capfd.readouterr().err == ''


def test_work_tells_that_it_begins_goes_on_and_ends(lines, monkeypatch):
    monkeypatch.setattr(progress, 'REPEAT_SEC', 0.01)
    goes_on = Event()

    def hear(line):
        lines.append(line)
        if line.startswith('still'):
            goes_on.set()
    with told('building an engine', hear):
        assert lines == ['building an engine']
        assert goes_on.wait(20)
    assert lines[1].startswith('still building an engine: ')
    assert lines[-1].startswith('ended after')
    assert lines[-1].endswith('building an engine')


def test_work_that_ends_soon_is_not_told_of(lines):
    with told('looking', after_sec=60.0):
        pass
    assert lines == []


def test_work_that_takes_longer_is_told_of_from_then_on(lines):
    begun = Event()
    with told('converting', lambda line: (lines.append(line), begun.set()), after_sec=0.01):
        assert begun.wait(20)
    assert lines[0] == 'converting'
    assert lines[-1].startswith('ended after')


def test_work_that_fails_ends(lines):
    with pytest.raises(OSError, match='full'), told('building'):
        raise OSError('full')
    assert [line.split()[0] for line in lines] == ['building', 'ended']
