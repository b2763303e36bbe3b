# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The closing lines of the demo."""

from imrs_ros.demo.label_log import ClipLabels
from imrs_ros.demo.summary import ClipResult, closing_lines, is_success
from imrs_ros.demo.video_player import Played
from imrs_ros.records import NO_ACTION

LABELS = ('Punch', 'Lunges')


def result(*, truth=None, longest=NO_ACTION, num_windows=20, error=None, duration_sec=4.0):
    return ClipResult(
        name='a.mp4', truth=truth, error=error, played=Played(duration_sec, 0.0),
        labels=ClipLabels(longest=longest, num_windows=num_windows, best=(0.42, 'Lunges')))


def test_clips_of_known_class_are_counted_without_those_that_failed():
    results = [result(truth='Punch', longest='Punch'), result(truth='Punch', longest='Lunges'),
               result(truth='Punch', error='b.mp4: damaged')]
    assert closing_lines(results, LABELS) == [
        '1 of 2 clips named right', 'could not play b.mp4: damaged']
    assert not is_success(results)
    assert is_success(results[:2])


def test_without_known_classes_it_says_what_was_seen_and_how_to_see_more():
    lines = closing_lines([result(longest='Punch'), result()], LABELS)
    assert lines[0] == 'seen in 40 windows: Punch'
    assert lines[1].startswith('the model knows Punch, Lunges; to see more: make demo VIDEO=<')
    assert closing_lines([result()], LABELS)[0] == (
        'seen in 20 windows: no action; the best score was 0.42, Lunges')


def test_lost_windows_are_a_failure():
    silent = [result(num_windows=0)]
    assert closing_lines(silent, LABELS)[0] == 'no window was scored'
    assert closing_lines(silent, LABELS)[1].startswith('a.mp4: 0 windows scored in 4 s of video; ')
    assert not is_success(silent)
    # As raw images of 1080p without the profile of Fast DDS: one arrived now and then.
    assert not is_success([result(num_windows=1, duration_sec=8.0)])
    assert is_success([result(num_windows=3, duration_sec=8.0)])
