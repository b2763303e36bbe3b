# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Pictures of several clips: what each cell shows, and where its person is."""

from itertools import groupby

import cv2
from imrs_ros.evaluation.recordings.bag_recipe import BagRecipe
from imrs_ros.evaluation.recordings.grid_recipe import grid_frames
from imrs_ros.evaluation.recordings.picture_grid import PictureGrid
from imrs_ros.images.preprocessing import shrink
from imrs_ros.people.detection import Box
from imrs_ros.people.standing_square import square_around
from imrs_ros.settings import PeopleSettings
from imrs_ros.video import read_video
import numpy as np
import pytest
from samples import write_video

FPS = 25.0


def box_sides(box):
    return [box.left, box.top, box.right, box.bottom]


def write_grey(path, level, num_frames, size=(64, 48)):
    """Write a video of one grey."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), FPS, size)
    for _ in range(num_frames):
        writer.write(np.full((size[1], size[0], 3), level, np.uint8))
    writer.release()
    return path


def test_every_cell_has_its_place():
    grid = PictureGrid(3, 2, cell_px=10, box_share=1.0)
    images = [np.full((48, 64, 3), 40 * cell, np.uint8) for cell in range(6)]
    picture = grid.compose(images)
    assert picture.shape == (20, 30, 3)
    # Row by row.
    assert picture[5::10, 5::10, 0].tolist() == [[0, 40, 80], [120, 160, 200]]
    assert picture[10, 9, 0] == 120
    assert picture[10, 10, 0] == 160
    assert box_sides(grid.person_box(4, None, (48, 64))) == pytest.approx([1 / 3, 0.5, 2 / 3, 1])


def test_a_cell_is_the_centre_square_that_the_network_sees_of_the_clip(tmp_path):
    image = next(read_video(write_video(tmp_path / 'a.avi', 2))).image_HWC
    picture = PictureGrid(1, 1, cell_px=48).compose([image])
    assert np.array_equal(picture, image[:, 8:56])
    assert np.array_equal(shrink(picture, 32), shrink(image, 32))
    smaller = PictureGrid(2, 1, cell_px=24).compose([image, image])
    assert np.array_equal(smaller[:, :24], smaller[:, 24:])
    assert np.abs(smaller[:, :24].astype(int) - shrink(image, 24)).max() <= 1


@pytest.mark.parametrize('shape', [(1, 1), (2, 1), (2, 2), (2, 3)])
def test_the_square_around_a_box_is_its_cell(shape):
    """Otherwise a person's window would contain the neighbours."""
    grid = PictureGrid(*shape)
    height, width = shape[1] * 160, shape[0] * 160
    for cell in range(grid.num_cells):
        box = grid.person_box(cell, None, (48, 64))
        square = square_around(box, PeopleSettings().person_margin, height, width)
        row, column = divmod(cell, shape[0])
        assert (square.top, square.left, square.side) == (row * 160, column * 160, 160)


def test_boxes_of_a_file_are_those_of_the_clip():
    grid = PictureGrid(2, 1, cell_px=48)
    # The centre square of 64 x 48 begins at 8.
    found = grid.person_box(1, Box(20 / 64, 0.25, 32 / 64, 1.0), (48, 64))
    assert box_sides(found) == pytest.approx([0.5 + 12 / 96, 0.25, 0.5 + 24 / 96, 1.0])
    # What lies outside the square is not shown.
    found = grid.person_box(0, Box(0, 0, 20 / 64, 0.5), (48, 64))
    assert box_sides(found) == pytest.approx([0, 0, 12 / 96, 0.5])
    outside = grid.person_box(0, Box(0, 0, 0.1, 1), (48, 64))
    assert outside == grid.person_box(0, None, (48, 64))


@pytest.mark.parametrize('text', ['2', '2x', 'x2', '2x2x2', '0x1', 'axb'])
def test_wrong_grids_are_refused(text):
    with pytest.raises(ValueError, match='expected'):
        PictureGrid.parse(text, 160, 0.8)
    assert PictureGrid.parse('2x3', 160, 0.8) == PictureGrid(2, 3, 160, 0.8)


@pytest.fixture
def clips(tmp_path):
    """Return a folder with clips of one second, each of one grey."""
    for label, level in (('wave', 100), ('fall', 150)):
        for i in range(2):
            write_grey(tmp_path / label / f'{label}{i}.avi', level + 20 * i, 25)
    write_grey(tmp_path / 'street' / 'a.avi', 30, 40)
    write_grey(tmp_path / 'street' / 'b.avi', 60, 40)
    return tmp_path


def levels(frames, grid):
    """Return the grey in the middle of each cell, frame by frame."""
    half = grid.cell_px // 2
    return np.array([frame.frame.image_HWC[half::grid.cell_px, half::grid.cell_px, 0].ravel()
                     for frame in frames]).astype(int)


def test_cells_show_their_clips_with_other_people_between(clips):
    recipe, grid = BagRecipe(gap_sec=0.4), PictureGrid(2, 1, cell_px=16)
    cells = [[('wave', clips / 'wave' / 'wave0.avi'), ('fall', clips / 'fall' / 'fall0.avi')],
             [('fall', clips / 'fall' / 'fall1.avi')]]
    background = [clips / 'street' / 'a.avi', clips / 'street' / 'b.avi']
    frames = list(grid_frames(cells, background, recipe, grid))
    shown = levels(frames, grid)
    labels = [[person.label for person in frame.people] for frame in frames]
    for cell, (level_of, idle) in enumerate((({'wave': 100, 'fall': 150}, 30),
                                             ({'fall': 170}, 60))):
        of_cell = [now[cell] for now in labels]
        assert of_cell[0] == of_cell[-1] == 'no_action'
        # Each clip in full, and nothing of its neighbours.
        for label, level in level_of.items():
            assert of_cell.count(label) == 25
            assert abs(shown[[now == label for now in of_cell], cell] - level).max() <= 3
        assert abs(shown[[now == 'no_action' for now in of_cell], cell] - idle).max() <= 3
    starts = [[now[cell] for now in labels].index(first) for cell, first in ((0, 'wave'),
                                                                             (1, 'fall'))]
    assert starts[0] != starts[1]
    # Half of the gap to one and a half.
    assert all(5 <= start <= 15 for start in starts)
    assert {tuple(person.name for person in frame.people) for frame in frames} == {
        ('cell1-1', 'cell2-1')}
    assert frames[7].people[1].box == grid.person_box(1, None, (48, 64))
    assert (np.diff([frame.log_ns for frame in frames]) == 40_000_000).all()
    again = list(grid_frames(cells, background, recipe, grid))
    assert [frame.people for frame in again] == [frame.people for frame in frames]


def ids_of(frames):
    """Return ids and labels, each once, in order of appearance."""
    return list(dict.fromkeys((person.name, person.label)
                              for frame in frames for person in frame.people))


def test_another_clip_may_be_another_person(clips):
    cells = [[('wave', clips / 'wave' / 'wave0.avi'), ('fall', clips / 'fall' / 'fall0.avi')]]
    background = [clips / 'street' / 'a.avi']
    recipe, grid = BagRecipe(gap_sec=0.4), PictureGrid(1, 1, cell_px=16)
    frames = list(grid_frames(cells, background, recipe, grid, ids='clip'))
    assert ids_of(frames) == [
        ('cell1-1', 'no_action'), ('cell1-2', 'wave'), ('cell1-3', 'no_action'),
        ('cell1-4', 'fall'), ('cell1-5', 'no_action')]
    # No window shows two of them: nobody is there for 1.2 s between them.
    there = [bool(frame.people) for frame in frames]
    away = [len(list(run)) for is_there, run in groupby(there) if not is_there]
    assert away == [30] * 4


def test_without_background_nobody_is_there_between_clips(clips):
    cells = [[('wave', clips / 'wave' / 'wave0.avi'), ('fall', clips / 'fall' / 'fall0.avi')]]
    recipe, grid = BagRecipe(gap_sec=0.4), PictureGrid(1, 1, cell_px=16)
    frames = list(grid_frames(cells, [], recipe, grid))
    # Somebody else comes: an id lasts as long as somebody is seen without a break.
    assert ids_of(frames) == [('cell1-1', 'wave'), ('cell1-2', 'fall')]
    assert not frames[0].people
    assert not frames[-1].people
    assert sum(len(frame.people) for frame in frames) == 50


def test_boxes_change_while_a_clip_plays(clips):
    cells = [[('wave', clips / 'wave' / 'wave0.avi')]]
    boxes = {'wave0': [(0.0, Box(0.25, 0, 0.5, 1)), (0.4, Box(0.5, 0, 0.75, 1))]}
    recipe, grid = BagRecipe(gap_sec=0.0), PictureGrid(1, 1, cell_px=48)
    found = [frame.people[0].box.left for frame in grid_frames(
        cells, [], recipe, grid, boxes=boxes)]
    assert found == pytest.approx([8 / 48] * 10 + [24 / 48] * 15)
