# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Figures as lines of text."""

from imrs_ros.evaluation.metrics.figure import FIGURES
from imrs_ros.evaluation.metrics.figure_table import figure_row, header_row, summary
import pytest


def test_rows_stand_below_their_headers():
    assert header_row('offline', 'live') == 41 * ' ' + '  offline      live'
    assert figure_row('delay, median', 1.5, None, unit='s', note='slower') == (
        'delay, median' + 28 * ' ' + '    1.500         - s     slower')
    assert figure_row('frames', 7) == 'frames' + 35 * ' ' + '        7'


def test_summary_of_a_recording_that_is_not_annotated():
    cameras = [{'topic': '/front', 'truth': None,
                'decided': [(1.5, 2.25, 'wave', 0.876, 0), (10.0, 11.0, 'fall', 0.5, 0)]},
               {'topic': '/rear', 'truth': [], 'decided': [(1.0, 2.0, 'lift', 0.9, 0)]}]
    lines = summary({'figures': {'num_windows': 12}, 'recordings': [
        {'name': 'bag', 'cameras': cameras, 'notes': ['is short']}]}).splitlines()
    assert len(lines) == len(FIGURES) + 4
    assert 'windows scored' + 27 * ' ' + '       12' in lines
    assert 'frames' + 35 * ' ' + '        -' in lines
    assert lines[-4:] == [
        'bag /front, not annotated, decided: 2 actions', '     1.50 to      2.25 s  wave  0.88',
        '    10.00 to     11.00 s  fall  0.50', 'bag: is short']


@pytest.mark.parametrize(('share', 'is_told'), [(0.43, True), (0.1, False), (None, False)])
def test_a_machine_that_is_too_slow_for_the_live_node_is_told_of_first(share, is_told):
    live = {'figures': {}, 'notes': [], 'cameras': [
        {'camera': 'front', 'differences': {'missing_share': share}}]}
    first, second, *_ = summary({'figures': {}, 'recordings': [], 'live': live}).splitlines()
    assert (first == 'live node, front: 43% of the windows are missing, as the machine is too '
            'slow or too busy; figures of live say more of it than of the model') == is_told
    assert (second if is_told else first) == header_row('offline', 'live')


def test_summary_has_a_column_and_a_section_of_the_live_node():
    live = {'figures': {'num_windows': 11}, 'notes': ['is slow'], 'cameras': [
        {'camera': 'front', 'differences': {'windows_live': 11, 'age_max_sec': 0.25}}]}
    lines = summary({
        'figures': {'num_windows': 12}, 'recordings': [], 'live': live}).splitlines()
    assert lines[0] == header_row('offline', 'live')
    assert 'windows scored' + 27 * ' ' + '       12        11' in lines
    assert lines[len(FIGURES) + 1:] == [
        'live node, front:', 'windows, live' + 28 * ' ' + '       11',
        'result age, maximum' + 22 * ' ' + '    0.250 s', 'live node: is slow']
