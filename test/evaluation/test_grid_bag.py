# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Recordings of several people: their bag and annotations agree with what they show."""

from imrs_ros.evaluation.command import main
from imrs_ros.evaluation.ground_truth.annotated_person import join_people
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations
from imrs_ros.evaluation.grid_bag import deal, PersonLines
from imrs_ros.evaluation.make_bag import find_videos, shuffle_classes
from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.grid_recipe import PlacedPerson
from imrs_ros.people.detection import Box
import pytest
from samples import write_video

LEFT, RIGHT = Box(0.1, 0.2, 0.4, 0.9), Box(0.6, 0.0, 1.0, 1.0)


@pytest.fixture
def videos(tmp_path):
    """Return a folder with three clips of 1 s for each of two classes."""
    for label in ('wave', 'fall'):
        for i in range(3):
            write_video(tmp_path / 'videos' / label / f'{label}{i}.avi', 25)
    write_video(tmp_path / 'street' / 'a.avi', 60)
    write_video(tmp_path / 'street' / 'b.avi', 60)
    return tmp_path / 'videos'


def make(videos, out, *options):
    with pytest.raises(SystemExit) as done:
        main(['make-bag', str(out), '--videos', str(videos), '--gap-sec', '0.4', '--cell-px',
              '48', *options])
    return done.value.code


def test_clips_are_dealt_to_whichever_cell_is_through_first(videos):
    clips = shuffle_classes(find_videos(videos), 0)
    cells = deal(clips, 2, BagRecipe(gap_sec=0.5))
    assert [len(cell) for cell in cells] == [3, 3]
    assert sorted(clip for cell in cells for clip in cell) == sorted(clips)
    assert [cells[0][0], cells[1][0]] == clips[:2]
    # Each cell has 0.5 s before its clips, and 1.5 s for each.
    short = deal(clips, 2, BagRecipe(gap_sec=0.5), min_sec=2.0)
    assert [len(cell) for cell in short] == [1, 1]
    assert [len(cell) for cell in deal(clips, 8, BagRecipe())] == [1] * 6 + [0] * 2


def test_what_people_do_becomes_lines():
    lines = PersonLines('walk')
    for i, people in enumerate((
            [('ann', 'no_action', LEFT)], [('ann', 'wave', LEFT), ('bob', 'fall', LEFT)],
            [('ann', 'wave', RIGHT), ('bob', 'fall', LEFT)], [('ann', 'no_action', LEFT)],
            [('ann', 'no_action', LEFT)])):
        lines.add(5_000_000_000 + i * 40_000_000, [PlacedPerson(*one) for one in people])
    found = lines.finish()
    assert [(a.start_sec, a.end_sec, a.label, a.person) for a in found] == [
        (0.0, 0.04, 'no_action', 'ann'), (0.04, 0.12, 'wave', 'ann'),
        (0.04, 0.12, 'fall', 'bob'), (0.04, 0.12, 'no_action', 'bob'),
        (0.12, 0.16, 'no_action', 'ann')]
    # A box that moves becomes the one that holds the person throughout.
    assert [a.box for a in found] == [LEFT, LEFT.join(RIGHT), LEFT, LEFT, LEFT]
    assert {a.recording for a in found} == {'walk'}


def test_the_bag_says_who_is_where_in_every_picture(videos, tmp_path, capsys):
    out = tmp_path / 'bag'
    assert make(videos, out, '--grid', '2x1', '--background', str(tmp_path / 'street'),
                '--topics', '/front/image_raw', '/front/image_raw/compressed') == 0
    assert '6 actions of 2 people in 2 cells, annotated in' in capsys.readouterr().out
    annotations = read_annotations(out / 'annotations.csv')
    actions = [a for a in annotations if a.label != 'no_action']
    assert sorted(a.label for a in actions) == ['fall'] * 3 + ['wave'] * 3
    assert all(round(a.end_sec - a.start_sec, 3) == 1.0 for a in actions)
    with Bag(out, ['/front/image_raw']) as bag:
        images, found = list(bag.images()), bag.detections('/front/detections')
        people = join_people([
            (a.person, a.placed(CameraClock()), a.box) for a in annotations], bag.duration_ns)
    assert images[0].frame.image_HWC.shape == (48, 96, 3)
    assert [i.frame.stamp_ns for i in images] == [one.stamp_ns for one in found]
    for one in found[:-1]:
        seen = one.people(96, 48, 'person').people
        assert [(d.id, d.score) for d in seen] == [('cell1-1', 1.0), ('cell2-1', 1.0)]
        for person, detection in zip(people, seen):
            true = person.box_at(one.log_ns)
            for side in ('left', 'top', 'right', 'bottom'):
                assert getattr(detection.box, side) == pytest.approx(
                    getattr(true, side), abs=1e-4)


def test_boxes_of_a_file_are_written(videos, tmp_path):
    file = tmp_path / 'boxes.csv'
    file.write_text('video,start,left,top,right,bottom\n' + ''.join(
        f'{label}{i},0,0.25,0.5,0.75,1\n' for label in ('wave', 'fall') for i in range(3)))
    assert make(videos, tmp_path / 'bag', '--grid', '1x2', '--boxes', str(file),
                '--ids', 'clip') == 0
    annotations = read_annotations(tmp_path / 'bag' / 'annotations.csv')
    # The centre square of 64 x 48 begins at 8: from 8 to 40 of 48, in the lower half.
    sides = {(a.person[:5], *(getattr(a.box, side) for side in (
        'left', 'top', 'right', 'bottom'))) for a in annotations}
    assert sides == {('cell1', 0.1667, 0.25, 0.8333, 0.5), ('cell2', 0.1667, 0.75, 0.8333, 1.0)}
    assert len({a.person for a in annotations}) == 6


def test_options_that_do_not_fit_are_refused(videos, tmp_path):
    assert 'expected columns and rows such as 2x3' in make(
        videos, tmp_path / 'a', '--grid', 'two')
    assert 'several people act at a time' in make(
        videos, tmp_path / 'a', '--grid', '1x1', '--truth-topic', '/truth')
    assert not (tmp_path / 'a').exists()


def test_classes_are_dealt_evenly(dataset):
    clips = shuffle_classes(find_videos(
        dataset / 'videos', dataset / 'splits' / 'testlist01.txt'), 0)
    cells = deal(clips, 4, BagRecipe(), min_sec=120.0)
    labels = [label for cell in cells for label, _ in cell]
    counts = [labels.count(label) for label in set(labels)]
    assert len(counts) == 10
    assert max(counts) - min(counts) <= 1
