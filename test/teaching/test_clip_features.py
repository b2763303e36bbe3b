# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Footage of every kind becomes windows, or a warning that says why not."""

import csv

import cv2
from imrs_ros.evaluation.offline.playback import THUMBNAIL_WIDTH_PX
from imrs_ros.evaluation.recordings.bag_writer import BagWriter
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import WindowSettings
from imrs_ros.teaching.clip_features import FootageReader
from imrs_ros.teaching.footage import Footage, TeachingError
from imrs_ros.teaching.pooling import WindowPooler
import numpy as np
import pytest
from sample_lessons import write_action
from sample_recordings import camera_frames, START_NS, write_bag


@pytest.fixture(scope='module')
def pooler(tiny_card):
    return WindowPooler.of_model(tiny_card)


@pytest.fixture
def reader(pooler, tiny_card):
    return FootageReader(pooler, tiny_card.spec, WindowSettings())


def annotate(path, *rows, columns=('start', 'end', 'label')):
    with path.open('w', newline='') as file:
        csv.writer(file).writerows([columns, *rows])


def lengths(found):
    return [(each.label, len(each.features_ND)) for each in found]


@pytest.mark.parametrize('fps', [10, 12, 25, 30, 60])
def test_windows_span_the_same_time_at_any_rate(reader, tmp_path, fps):
    video = write_action(tmp_path / 'x.avi', num_frames=2 * fps, fps=fps)
    found, warnings = reader.read(Footage(video, 'nod', 'x'), mirror=True)
    assert warnings == []
    ((label, number),) = lengths(found)
    # 50 frames of 25 Hz: a window ends at frame 15, and at every fourth from there.
    assert (label, found[0].group) == ('nod', 'x')
    assert 8 <= number <= 9
    assert found[0].mirrored_ND.shape == found[0].features_ND.shape
    assert np.abs(found[0].mirrored_ND - found[0].features_ND).max() > 0
    assert 0 < found[0].motion <= 1


def test_features_are_those_of_the_network(reader, pooler, tiny_card, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=24)
    (found,), _ = reader.read(Footage(video, 'nod', 'x'))
    (again,), _ = reader.read(Footage(video, 'nod', 'x'))
    np.testing.assert_allclose(found.features_ND, again.features_ND, rtol=1e-4, atol=1e-5)
    assert found.features_ND.shape == (3, 64)
    assert found.mirrored_ND is None


def test_a_small_image_of_the_middle_is_kept_when_asked_for(pooler, tiny_card, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=40)
    (without,), _ = FootageReader(pooler, tiny_card.spec, WindowSettings()).read(
        Footage(video, 'nod', 'x'))
    assert without.image is None
    (found,), _ = FootageReader(pooler, tiny_card.spec, WindowSettings(), has_images=True).read(
        Footage(video, 'nod', 'x'))
    image_HWC = cv2.imdecode(np.frombuffer(found.image, np.uint8), cv2.IMREAD_COLOR)
    height = THUMBNAIL_WIDTH_PX * 3 // 4
    assert image_HWC.shape == (height, THUMBNAIL_WIDTH_PX, 3), 'as the camera, not the square'


@pytest.mark.parametrize(('num_frames', 'fps'), [(7, 25), (1, 25), (12, 30), (3, 10)])
def test_a_clip_that_is_too_short_is_left_out(reader, tmp_path, num_frames, fps):
    video = write_action(tmp_path / 'x.avi', num_frames=num_frames, fps=fps)
    found, (warning,) = reader.read(Footage(video, 'nod', 'x'), mirror=True)
    assert found == []
    assert f'{video} nod is left out: expected at least 0.64 s without a gap, got 0.' in warning
    assert reader.shown == {'nod'}


def test_a_camera_that_is_too_slow_says_so(reader, tmp_path):
    frames = camera_frames(10, period_sec=1.0)
    bag = write_bag(tmp_path / 'slow', frames)
    found, (warning,) = reader.read(Footage(bag, 'nod', 'x'))
    assert found == []
    assert 'got 9.04 s, but with gaps' in warning


def test_windows_never_span_a_gap(reader, tmp_path):
    frames = [*camera_frames(30), *camera_frames(30, first_sec=5.0)]
    bag = write_bag(tmp_path / 'gap', frames)
    (found,), _ = reader.read(Footage(bag, 'nod', 'x'))
    # Of 30 frames each: 4 windows.
    assert len(found.features_ND) == 8


def test_a_recording_shows_actions_and_background(reader, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=250)
    annotate(tmp_path / 'x.csv', (2, 4, 'nod'), (6, 6.2, 'bow'), (8, 9, NO_ACTION))
    found, (warning,) = reader.read(Footage(video, None, 'x'), mirror=True)
    assert [each.label for each in found] == ['nod', NO_ACTION, NO_ACTION, NO_ACTION, NO_ACTION]
    assert 'bow 6.0 to 6.2 s is left out: expected at least 0.64 s' in warning
    assert found[0].name == f'{video} nod 2.0 to 4.0 s'
    assert found[0].mirrored_ND is not None
    assert all(each.mirrored_ND is None for each in found[1:])
    assert reader.shown == {'nod', 'bow', NO_ACTION}
    # A window of an action has no more than two frames before it.
    assert len(found[0].features_ND) == len(np.arange(2 + 13 / 25, 4, 4 / 25))


@pytest.mark.parametrize(('rows', 'error'), [
    ([(0, 3, 'nod'), (2, 4, 'bow')], r'overlaps .*cut one of them'),
    ([(3, 2, 'nod')], 'expected an end after its start'),
    ([(0, 99, 'nod')], 'expected times within the recording'),
    ([('a', 2, 'nod')], 'expected start and end in seconds'),
    ([(0, 2, '')], 'expected a label, got none')])
def test_annotations_that_are_wrong_are_named(reader, tmp_path, rows, error):
    video = write_action(tmp_path / 'x.avi', num_frames=125)
    annotate(tmp_path / 'x.csv', *rows)
    with pytest.raises(TeachingError, match=error):
        reader.read(Footage(video, None, 'x'))


def test_a_recording_of_which_nobody_says_what_it_shows_is_no_background(reader, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=125)
    annotate(tmp_path / 'x.csv', ('other', 1, 2, 'nod'),
             columns=('recording', 'start', 'end', 'label'))
    with pytest.raises(TeachingError, match='x.avi: expected annotations of what the whole .*'
                                            'no annotation names this recording'):
        reader.read(Footage(video, None, 'x'))
    annotate(tmp_path / 'x.csv', (1, 2, 'nod', 'ann'), columns=('start', 'end', 'label', 'person'))
    with pytest.raises(TeachingError, match='got those of single people; annotate it'):
        reader.read(Footage(video, None, 'x'))


def test_what_a_single_person_does_is_no_background(reader, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=250)
    columns = ('start', 'end', 'label', 'person')
    annotate(tmp_path / 'x.csv', (0, 2, 'nod', ''), columns=columns)
    alone, _ = reader.read(Footage(video, None, 'x'))
    annotate(tmp_path / 'x.csv', (0, 2, 'nod', ''), (1, 6, 'bow', 'ann'), (3, 5, 'nod', 'ben'),
             (0, 9, NO_ACTION, 'cid'), columns=columns)
    found, _ = reader.read(Footage(video, None, 'x'))
    assert lengths(found)[0] == lengths(alone)[0]
    assert [each.label for each in found] == ['nod', NO_ACTION]
    assert len(found[1].features_ND) < len(alone[1].features_ND)


def test_an_empty_annotation_file_makes_background_with_a_warning(reader, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=50)
    annotate(tmp_path / 'x.csv')
    found, (warning,) = reader.read(Footage(video, None, 'x'))
    assert [each.label for each in found] == [NO_ACTION]
    assert 'empty annotations: taken to show no action' in warning


def test_every_camera_of_a_bag_is_read_by_its_own_annotations(reader, tmp_path):
    bag = write_bag(tmp_path / 'two', list(camera_frames(100)), ('/left/image', '/right/image'))
    found, warnings = reader.read(Footage(bag, 'nod', 'x'))
    assert warnings == []
    assert [each.label for each in found] == ['nod', 'nod']
    assert {each.group for each in found} == {'x'}
    annotate(bag / 'annotations.csv', ('/left/image', 0, 2, 'nod'), ('/right/image', 2, 4, 'bow'),
             columns=('topic', 'start', 'end', 'label'))
    found, _ = reader.read(Footage(bag, None, 'x'))
    assert {each.label for each in found} == {'nod', 'bow', NO_ACTION}


def test_what_is_unreadable_is_named(reader, tmp_path):
    text = tmp_path / 'x.mp4'
    text.write_text('no video')
    with pytest.raises(TeachingError, match='x.mp4'):
        reader.read(Footage(text, 'nod', 'x'))
    with pytest.raises(TeachingError, match='gone.mp4'):
        reader.read(Footage(tmp_path / 'gone.mp4', 'nod', 'x'))
    with BagWriter(tmp_path / 'bag') as bag:
        bag.text('/truth', 'nod', START_NS)
    with pytest.raises(TeachingError, match='bag: expected images on any topic'):
        reader.read(Footage(tmp_path / 'bag', 'nod', 'x'))


def test_a_video_that_ends_damaged_teaches_as_far_as_it_goes(reader, tmp_path):
    video = write_action(tmp_path / 'x.avi', num_frames=100)
    data = video.read_bytes()
    video.write_bytes(data[:len(data) // 2])
    found, warnings = reader.read(Footage(video, 'nod', 'x'), mirror=True)
    assert len(found) == 1
    assert warnings[0].startswith(f'{video}: expected 100 frames as the file states, decoding')
    assert found[0].mirrored_ND.shape == found[0].features_ND.shape
    whole, _ = reader.read(Footage(write_action(tmp_path / 'y.avi', num_frames=100), 'nod', 'y'))
    assert 1 <= len(found[0].features_ND) < len(whole[0].features_ND)
