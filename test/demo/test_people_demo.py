# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The demo with people: what is shown side by side, and what is said of everyone in the end."""

from pathlib import Path

from encoded_video import encode, number_of
from imrs_ros.demo.people_log import num_right, PeopleLog, SceneLabels
from imrs_ros.demo.scenes import HEIGHT_PX, people_scenes, Scene, SHOWN_SEC, WALKERS
from imrs_ros.demo.sources import DemoClip, DemoSource
import pytest

vision_msgs = pytest.importorskip('vision_msgs.msg')


def test_clips_stand_side_by_side_and_the_shorter_one_repeats(tmp_path):
    paths = (encode(tmp_path / 'a.mp4', num_frames=12), encode(
        tmp_path / 'b.mp4', num_frames=5, size=(64, 96)))
    images = list(Scene('both', paths).images())
    assert len(images) == 12
    wide = round(128 * HEIGHT_PX / 96)
    assert images[0].image_HWC.shape == (HEIGHT_PX, wide + round(64 * HEIGHT_PX / 96), 3)
    assert [number_of(i.image_HWC[:, :wide]) for i in images] == list(range(12))
    assert [number_of(i.image_HWC[:, wide:]) for i in images] == [n % 5 for n in range(12)]
    assert images[3].stamp_ns == 3 * images[1].stamp_ns == 120_000_000


def test_a_long_pair_is_cut(tmp_path):
    paths = (encode(tmp_path / 'a.mp4', num_frames=200), encode(tmp_path / 'b.mp4', num_frames=5))
    assert len(list(Scene('both', paths).images())) == 25 * SHOWN_SEC


def test_known_clips_are_paired_and_others_shown_as_they_are(tmp_path):
    clips = [DemoClip(f'{i}.mp4', Path(f'/videos/{i}.mp4'), truth)
             for i, truth in enumerate(['wave', None, 'fall', 'lift'])]
    scenes = people_scenes(DemoSource('', tuple(clips)), tmp_path)
    assert [(s.truths, [p.stem for p in s.sources]) for s in scenes] == [
        (('wave', 'fall'), ['0', '2']), ((), ['1'])]
    walkers = tmp_path / WALKERS
    walkers.parent.mkdir()
    walkers.touch()
    assert people_scenes(DemoSource('', tuple(clips)), tmp_path)[-1].sources == (walkers,)


def test_a_camera_cannot_be_shown_side_by_side(tmp_path):
    with pytest.raises(ValueError, match='expected video files for PEOPLE'):
        people_scenes(DemoSource('', (DemoClip('0', '/dev/video0'),)), tmp_path)


def message(*people):
    found = []
    for name, x, label in people:
        person = vision_msgs.Detection2D(id=name, results=[
            vision_msgs.ObjectHypothesisWithPose(hypothesis=vision_msgs.ObjectHypothesis(
                class_id=label, score=0.9))])
        person.bbox.center.position.x = float(x)
        found.append(person)
    return vision_msgs.Detection2DArray(detections=found)


def test_everyone_counts_in_the_part_of_the_picture_where_they_are(graph, monkeypatch, capsys):
    log = PeopleLog(graph.node, 'front')
    now = iter([0.0, 0.2, 0.5, 9.0])
    monkeypatch.setattr('imrs_ros.demo.people_log.monotonic', lambda: next(now))
    log.begin(2, 640)
    log._on_people(message(('1', 100, 'wave'), ('2', 500, 'no_action')))
    log._on_people(message(('1', 100, 'lift'), ('2', 700, 'fall')))
    # After a pause, the time since says nothing: a second at most.
    log._on_people(message(('3', -20, 'wave')))
    assert log.labels() == SceneLabels(longest=('wave', 'fall'), num_windows=3, num_people=3)
    assert num_right(log.labels(), ('wave', 'wave')) == 1
    # While nothing starts or ends, a line says that all is well.
    assert capsys.readouterr().out == '  people in view: 1, those who act: 1\n'
