# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The terminal's view: whole lines, and a screen."""

from io import StringIO
import math

from imrs_ros.view.live_state import HealthEntry, LiveState, SeenPerson
from imrs_ros.view.text_view import lines, screen
from rich.console import Console

NOW = 1_700_000_000.0


def known():
    state = LiveState(lambda: NOW)
    state.see_nodes({'/recognizer': ['front']})
    state.update_node('/recognizer', state='active')
    state.take_health('/recognizer', 'front', HealthEntry(1, 'active: slow images', {}, 0.0))
    state.take_scores('/recognizer', 'front', NOW - 0.1, [('wave', 0.75), ('[fall]', 0.1)])
    state.take_action('/recognizer', 'front', '', 'wave', 0.9, NOW - 1)
    state.take_people('/recognizer', 'front', [SeenPerson('ann', (0, 0, 1, 1), '[fall]', 0.5)])
    return state.snapshot()


def drawn(snapshot, width):
    console = Console(width=width, record=True, file=StringIO())
    console.print(screen(snapshot))
    return console.export_text()


def test_lines():
    assert lines(known()) == [
        '/recognizer/front  wave 0.90  0.2 windows/s, latency 100 ms  '
        'warning: active: slow images', '  person ann  [fall]  0.50']
    assert lines(LiveState().snapshot()) == [
        'view: no recognizer is running; start one: ros2 run imrs_ros recognizer']


def test_screen_shows_the_same_in_any_width():
    for width in (40, 120):
        text = drawn(known(), width)
        for words in ('/recognizer', 'active', 'wave 0.90', '0.75', '[fall]', 'person ann',
                      'slow images'):
            assert words in text, width


def test_scores_that_are_none_are_drawn():
    state = LiveState(lambda: NOW)
    state.see_nodes({'/recognizer': ['front']})
    state.take_scores('/recognizer', 'front', NOW, [('wave', math.nan), ('fall', -1e308),
                                                    ('lift', 1e9)])
    state.take_people('/recognizer', 'front', [SeenPerson('ann', (0, 0, 1, 1), 'fall', math.inf)])
    assert 'person ann' in drawn(state.snapshot(), 100)
    assert '  person ann  fall  0.00' in lines(state.snapshot())


def test_screen_without_a_recognizer():
    assert 'no recognizer is running' in drawn(LiveState().snapshot(), 100)
