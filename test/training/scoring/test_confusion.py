# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which classes are mistaken for which: counts, table and picture."""

import cv2
import numpy as np
import pytest
from training.learning.accuracy import count_right
from training.scoring.confusion import accuracy_table, count_confusions, draw_confusion

COUNTS = np.array([[3, 1, 0], [0, 0, 0], [2, 2, 1]])


def one_hot(predicted, num_classes=3):
    return [np.eye(num_classes, dtype=np.float32)[[k]] for k in predicted]


def test_rows_are_the_truth():
    counts = count_confusions(
        one_hot([0, 1, 0, 0, 0, 1, 2, 0, 1]), [0, 0, 0, 0, 2, 2, 2, 2, 2])
    assert counts.tolist() == COUNTS.tolist()


def test_videos_are_counted_by_their_mean_logits():
    # The clips of the first video disagree; the surer one wins.
    logits = [np.array([[3, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 0, 1]], np.float32)]
    counts = count_confusions(logits, [1, 2])
    assert counts.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert np.trace(counts) / counts.sum() == count_right(logits, [1, 2]).video_top1


@pytest.mark.parametrize(('truth', 'predicted', 'words'), [
    ([0, 3], [0, 0], r'classes in \[0, 3\), got \[3\]'), ([0, -1], [0, 0], r'got \[-1\]'),
    ([0, 1], [0], 'inconsistent')])
def test_wrong_classes_are_named(truth, predicted, words):
    with pytest.raises(ValueError, match=words):
        count_confusions(one_hot(predicted), truth)


def test_logits_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match='finite logits'):
        count_confusions([np.array([[0, np.nan]], np.float32)], [0])
    with pytest.raises(ValueError, match='at least one video, got 0'):
        count_confusions([], [])


def test_accuracy_by_class(tmp_path):
    assert accuracy_table(COUNTS, ['wave', 'fall', 'lift']).splitlines() == [
        '| Class | Videos | Right, % | Most often mistaken for |', '|---|---:|---:|---|',
        '| wave | 4 | 75.0 | fall (1) |', '| fall | 0 | – | – |', '| lift | 5 | 20.0 | wave (2) |',
        '| **all** | 9 | 44.4 | – |']
    for action in (lambda names: accuracy_table(COUNTS, names),
                   lambda names: draw_confusion(COUNTS, names, tmp_path / 'a.png')):
        with pytest.raises(ValueError, match=r'got 2 names for a matrix of \(3, 3\)'):
            action(['wave', 'fall'])
    assert not (tmp_path / 'a.png').exists()


def test_picture_marks_the_cell_of_truth_and_prediction(tmp_path):
    counts = np.zeros((4, 4), int)
    counts[0, 3], counts[2, 0] = 7, 12
    draw_confusion(counts, ['Archery', 'Biking', 'Diving', 'HandstandPushups'],
                   tmp_path / 'picture.png')
    image_HWC = cv2.imread(str(tmp_path / 'picture.png')).astype(int)
    assert image_HWC.shape == (250 + 4 * 35,) * 2 + (3,)
    # A full share is the darkest blue of the map; nothing else in the picture has that colour.
    rows, columns = np.nonzero((abs(image_HWC - (107, 48, 8)) < 5).all(axis=-1))
    upper = rows < (rows.min() + rows.max()) / 2
    side = np.ptp(rows[upper])
    assert np.ptp(rows) == pytest.approx(3 * side, abs=10), 'row 2 is two below row 0'
    assert np.ptp(columns) == pytest.approx(4 * side, abs=10), 'column 3 is three right of 0'
    assert columns[upper].min() > columns[~upper].max(), 'row 0 has the cell on the right'
    for cell in (upper, ~upper):
        inside = image_HWC[rows[cell].min() + 5:rows[cell].max() - 5,
                           columns[cell].min() + 5:columns[cell].max() - 5]
        assert (inside.min(axis=-1) > 200).any(), 'the percentage is in it, in white'


def test_picture_shows_percentages_of_the_row(tmp_path):
    for name, counts in (('a.png', COUNTS), ('b.png', 10 * COUNTS), ('c.png', COUNTS.T)):
        draw_confusion(counts, ['a', 'b', 'c'], tmp_path / name)
    once, tenfold, other = (cv2.imread(str(tmp_path / n)) for n in ('a.png', 'b.png', 'c.png'))
    assert (once == tenfold).all()
    assert (once != other).any()
