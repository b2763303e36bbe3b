# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Annotations: files, checks, and conversion to the time of the recording."""

import json

from imrs_ros.evaluation.ground_truth.annotation import Annotation, check
from imrs_ros.evaluation.ground_truth.annotation_file import (
    find_annotation_file, read_annotations, write_annotations)
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import RecordingError
import pytest
from sample_recordings import SEC, START_NS

LABELS = ('wave', 'fall')


def write(path, text):
    path.write_text(text)
    return path


def test_csv_with_and_without_optional_columns(tmp_path):
    plain = read_annotations(write(
        tmp_path / 'a.csv', 'start,end,label\n1.5,2,wave\n\n3,4,fall\n'))
    assert [(a.start_sec, a.end_sec, a.label, a.recording, a.topic) for a in plain] == [
        (1.5, 2, 'wave', '', ''), (3, 4, 'fall', '', '')]
    assert plain[1].origin == f'{tmp_path / "a.csv"} line 4'
    full = read_annotations(write(
        tmp_path / 'b.csv',
        '\ufefflabel, start, end, topic, recording\nwave,1,2,/front/image,walk\n'))
    assert (full[0].topic, full[0].recording) == ('/front/image', 'walk')
    assert full[0].is_of('walk', '/front/image/compressed')
    assert not full[0].is_of('run', '/front/image')
    assert not full[0].is_of('walk', '/rear/image')


def test_activitynet_json(tmp_path):
    database = {'database': {'walk': {'subset': 'testing', 'annotations': [
        {'segment': [1.0, 2.5], 'label': 'wave'}]}, 'run': {'annotations': []}}}
    found = read_annotations(write(tmp_path / 'a.json', json.dumps(database)))
    assert [(a.recording, a.start_sec, a.end_sec, a.label) for a in found] == [
        ('walk', 1.0, 2.5, 'wave')]


def test_written_files_are_read_again(tmp_path):
    sent = [Annotation(1.0, 2.125, 'wave', 'walk', '/front/image')]
    write_annotations(tmp_path / 'a.csv', sent)
    (got,) = read_annotations(tmp_path / 'a.csv')
    assert (got.start_sec, got.end_sec, got.label, got.recording, got.topic) == (
        1.0, 2.125, 'wave', 'walk', '/front/image')
    write_annotations(tmp_path / 'none.csv', [])
    assert read_annotations(tmp_path / 'none.csv') == []


@pytest.mark.parametrize(('name', 'text', 'words'), [
    ('a.csv', 'begin,end,label\n1,2,wave\n', 'first line with start,end,label'),
    ('a.csv', '', 'first line with start,end,label'),
    ('a.csv', 'start,end,label\n1,soon,wave\n', 'a.csv line 2: expected start and end in seconds'),
    ('a.csv', 'start,end,label\n1,2,\n', 'line 2: expected a label'),
    ('a.csv', 'start,end,label\n1\n', 'line 2: expected start and end'),
    ('a.csv', 'start,end,label\n1,inf,wave\n', "expected start and end .* got '1' and 'inf'"),
    ('a.csv', 'start,end,label\n1,2,wave,loudly\n', 'line 2: expected 3 values, got 4'),
    ('a.json', '{"database": {"walk": {"annotations": [{"label": "wave"}]}}}', 'KeyError'),
    ('a.json', '[1', 'expected .*database'),
    ('a.json', '{"database": {"walk": {"annotations": [{"segment": [1], "label": "x"}]}}}',
     'ValueError'),
])
def test_malformed_files_are_refused_with_the_line(tmp_path, name, text, words):
    with pytest.raises(RecordingError, match=words):
        read_annotations(write(tmp_path / name, text))
    with pytest.raises(RecordingError, match='expected an annotation file'):
        read_annotations(tmp_path / 'missing.csv')


def test_the_checker_names_every_problem():
    clock = CameraClock()
    clock.place(START_NS, 0)
    sent = [Annotation(1, 3, 'wave', origin='a.csv line 2'), Annotation(2, 4, 'fall'),
            Annotation(5, 6, 'dance'), Annotation(8, 7, 'wave'), Annotation(9, 20, 'fall'),
            Annotation(10.2, 10.5, 'wave')]
    problems = check([(a, a.placed(clock)) for a in sent], LABELS, 10 * SEC)
    expected = ("dance 5 to 6 s: expected a label of the model (wave, fall), got 'dance'",
                'wave 8 to 7 s: expected an end after its start',
                'fall 9 to 20 s: expected times within the recording, 0 to 10.00 s',
                'wave 10.2 to 10.5 s: expected times within the recording',
                'a.csv line 2: wave 1 to 3 s overlaps fall 2 to 4 s',
                'fall 9 to 20 s overlaps wave 10.2 to 10.5 s')
    assert len(problems) == len(expected)
    for problem, words in zip(problems, expected):
        assert problem.startswith(words)
    assert not check([(a, a.placed(clock)) for a in sent[:1]], LABELS, 10 * SEC)


def test_absolute_stamps_are_those_of_the_camera():
    clock = CameraClock()
    # The camera's clock is 100 s ahead; its first frame was recorded after half a second.
    clock.place(START_NS + 100 * SEC, SEC // 2)
    absolute = Annotation(START_NS / SEC + 101, START_NS / SEC + 102, 'wave').placed(clock)
    assert (absolute.start_ns, absolute.end_ns) == (1.5 * SEC, 2.5 * SEC)
    assert Annotation(1.5, 2.5, 'wave').placed(clock) == absolute


def test_frames_after_a_clock_jump_are_placed_by_recording_time():
    clock = CameraClock()
    placed = [clock.place(*pair) for pair in (
        (START_NS, 0), (START_NS + SEC, SEC), (7 * SEC, 2 * SEC), (8 * SEC, 3 * SEC),
        (START_NS, 4 * SEC), (START_NS - SEC // 2, 4 * SEC))]
    assert placed == [0, SEC, 2 * SEC, 3 * SEC, 4 * SEC, 3.5 * SEC]
    assert (clock.num_jumps, clock.num_backward) == (2, 1)
    assert len(clock.notes()) == 2
    assert CameraClock().notes() == []


def test_the_annotation_file_of_a_recording(tmp_path):
    bag = tmp_path / 'walk'
    bag.mkdir()
    assert find_annotation_file(bag) is None
    outside = write(tmp_path / 'walk.csv', '')
    assert find_annotation_file(bag) == outside
    inside = write(bag / 'annotations.csv', '')
    assert find_annotation_file(bag) == inside
    assert find_annotation_file(tmp_path / 'walk.mp4') == outside
