# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Annotations of people: files, checks, and who is where when."""

from dataclasses import replace
import json

from imrs_ros.evaluation.ground_truth.annotated_person import join_people
from imrs_ros.evaluation.ground_truth.annotation import Annotation, check
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations, write_annotations
from imrs_ros.evaluation.ground_truth.clip_boxes import read_clip_boxes
from imrs_ros.evaluation.ground_truth.lookup import has_whole_picture
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.people.detection import Box
import pytest
from sample_recordings import SEC, segment, START_NS

LABELS = ('wave', 'fall')
LEFT, RIGHT = Box(0.1, 0.2, 0.4, 0.9), Box(0.6, 0.0, 1.0, 1.0)


def write(path, text):
    path.write_text(text)
    return path


def test_people_and_boxes_are_written_and_read_again(tmp_path):
    sent = [Annotation(1.0, 2.125, 'wave', 'walk', '/front/image', person='ann', box=LEFT),
            Annotation(0.0, 9.0, 'no_action', 'walk', '', person='bob, jr'),
            Annotation(3.0, 4.0, 'fall', 'walk')]
    write_annotations(tmp_path / 'a.csv', sent)
    assert [replace(a, origin='') for a in read_annotations(tmp_path / 'a.csv')] == sent
    assert (tmp_path / 'a.csv').read_text().startswith(
        'recording,topic,start,end,label,person,left,top,right,bottom\n')
    write_annotations(tmp_path / 'b.csv', [replace(sent[1], person='bob')])
    assert (tmp_path / 'b.csv').read_bytes() == (
        b'recording,topic,start,end,label,person\r\nwalk,,0.000,9.000,no_action,bob\r\n')


def test_a_file_without_people_is_written_as_before(tmp_path):
    write_annotations(tmp_path / 'a.csv', [Annotation(1.0, 2.0, 'wave', 'walk')])
    assert (tmp_path / 'a.csv').read_bytes() == (
        b'recording,topic,start,end,label\r\nwalk,,1.000,2.000,wave\r\n')


def test_people_in_json(tmp_path):
    path = write(tmp_path / 'a.json', json.dumps({'walk': {'annotations': [
        {'segment': [1, 2], 'label': 'wave', 'person': 'ann', 'box': [0.1, 0.2, 0.4, 0.9]},
        {'segment': [2, 3], 'label': 'wave', 'person': 'bob'}]}}))
    ann, bob = read_annotations(path)
    assert (ann.person, ann.box) == ('ann', LEFT)
    assert (bob.person, bob.box) == ('bob', None)


@pytest.mark.parametrize(('text', 'words'), [
    ('start,end,label,person,left\n', 'person with all of left,top,right,bottom or none'),
    ('start,end,label,left,top,right,bottom\n', 'person with all of left,top,right,bottom'),
    ('start,end,label,who\n', 'if needed, recording, topic, person and left,top,right,bottom'),
    ('start,end,label,person,left,top,right,bottom\n1,2,wave,ann,0.4,0,0.1,1\n',
     r"line 2: expected left, top, right and bottom in shares .* got '0.4,0,0.1,1'"),
    ('start,end,label,person,left,top,right,bottom\n1,2,wave,ann,0.4,0,,1\n', "'0.4,0,,1'"),
    ('start,end,label,person,left,top,right,bottom\n1,2,wave,ann,10,20,90,200\n', 'in shares'),
    ('start,end,label,person,left,top,right,bottom\n1,2,wave,ann,nan,0,1,1\n', 'in shares'),
    ('start,end,label,person,left,top,right,bottom\n1,2,wave,,0,0,1,1\n',
     'line 2: expected a person whose box it is'),
])
def test_malformed_people_are_refused_with_the_line(tmp_path, text, words):
    with pytest.raises(RecordingError, match=words):
        read_annotations(write(tmp_path / 'a.csv', text))


def problems_of(*annotations):
    clock = CameraClock()
    clock.place(START_NS, 0)
    return check([(a, a.placed(clock)) for a in annotations], LABELS, 10 * SEC)


def test_different_people_may_act_at_a_time_one_only_once():
    ann, bob = Annotation(1, 3, 'wave', person='ann'), Annotation(2, 4, 'fall', person='bob')
    whole = Annotation(2, 4, 'fall')
    assert problems_of(ann, bob, whole) == []
    found, = problems_of(ann, replace(bob, person='ann'))
    assert found == ('ann, wave 1 to 3 s overlaps ann, fall 2 to 4 s: expected one action of ann '
                     'at a time; cut one of them')


def test_no_action_says_that_a_person_is_there_and_overlaps_anything():
    there = Annotation(0, 9, 'no_action', person='ann')
    assert problems_of(there, Annotation(1, 3, 'wave', person='ann')) == []
    found, = problems_of(replace(there, person=''))
    assert 'expected a label of the model (wave, fall)' in found


def test_the_whole_picture_is_annotated_unless_all_lines_are_of_people():
    ann = Annotation(1, 3, 'wave', person='ann')
    assert has_whole_picture([])
    assert has_whole_picture([ann, Annotation(1, 3, 'wave')])
    assert not has_whole_picture([ann])


def test_lines_of_a_person_are_joined():
    bob, ann = join_people([
        ('ann', segment(5, 6, 'fall'), LEFT), ('ann', segment(2, 9, 'no_action'), RIGHT),
        ('ann', segment(3, 4, 'wave'), None), ('bob', segment(1, 2, 'wave'), None)], 10 * SEC)
    # Nothing says that bob is not there: time without a line is background.
    assert (bob.name, bob.seen, bob.box_at(SEC)) == ('bob', (0, 10 * SEC), None)
    assert ann.actions == (segment(3, 4, 'wave'), segment(5, 6, 'fall'))
    assert ann.seen == (2 * SEC, 9 * SEC)
    assert [ann.is_seen(t * SEC) for t in (1, 2, 8, 9)] == [False, True, True, False]
    # The box of the action comes before that of the line that says that she is there.
    assert [ann.box_at(t * SEC) for t in (3, 5, 6, 9)] == [RIGHT, LEFT, RIGHT, None]


def test_boxes_of_clips(tmp_path):
    path = write(tmp_path / 'boxes.csv', 'video,start,left,top,right,bottom\n'
                 'wave/v_1.avi,1.5,0.6,0,1,1\nv_1,0,0.1,0.2,0.4,0.9\n')
    assert read_clip_boxes(path) == {'v_1': [(0, LEFT), (1.5, RIGHT)]}
    for text, words in (('video,start\n', 'first line with video,start,left,top,right,bottom'),
                        ('video,start,left,top,right,bottom\nv,soon,0,0,1,1\n', 'line 2: exp'),
                        ('video,start,left,top,right,bottom\nv,0,,,,\n', 'line 2: expected')):
        with pytest.raises(RecordingError, match=words):
            read_clip_boxes(write(tmp_path / 'wrong.csv', text))
    with pytest.raises(RecordingError, match='expected a file of boxes'):
        read_clip_boxes(tmp_path / 'none.csv')
