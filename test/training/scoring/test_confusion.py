"""Which classes are taken for which: counts, shares, table and picture."""

import cv2
import numpy as np
import pytest
from training.learning.accuracy import count_right
from training.scoring.confusion import (
    accuracy_table, confusion_matrix, count_confusions, draw_confusion, normalise_rows)

COUNTS = np.array([[3, 1, 0], [0, 0, 0], [2, 2, 1]])


def test_rows_are_the_truth():
    counts = confusion_matrix([0, 0, 0, 0, 2, 2, 2, 2, 2], [0, 1, 0, 0, 0, 1, 2, 0, 1], 3)
    assert counts.tolist() == COUNTS.tolist()
    assert confusion_matrix([], [], 2).tolist() == [[0, 0], [0, 0]]


def test_shares_are_of_the_row():
    assert normalise_rows(COUNTS).tolist() == [[0.75, 0.25, 0], [0, 0, 0], [0.4, 0.4, 0.2]]


def test_videos_are_counted_by_their_mean_logits():
    # The clips of the first video disagree; the surer one wins.
    logits = [np.array([[3, 0, 0], [0, 1, 0]], np.float32), np.array([[0, 0, 1]], np.float32)]
    counts = count_confusions(logits, [1, 2])
    assert counts.tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert np.trace(counts) / counts.sum() == count_right(logits, [1, 2]).video_top1


@pytest.mark.parametrize(('truth', 'predicted', 'words'), [
    ([0, 3], [0, 0], r'classes in \[0, 3\), got \[3\]'), ([0, 0], [0, -1], r'got \[-1\]'),
    ([0, 1], [0], 'got 1 for 2')])
def test_wrong_classes_are_named(truth, predicted, words):
    with pytest.raises(ValueError, match=words):
        confusion_matrix(truth, predicted, 3)


def test_logits_that_are_not_finite_are_refused():
    with pytest.raises(ValueError, match='finite logits'):
        count_confusions([np.array([[0, np.nan]], np.float32)], [0])
    with pytest.raises(ValueError, match='at least one video, got 0'):
        count_confusions([], [])


def test_accuracy_by_class(tmp_path):
    assert accuracy_table(COUNTS, ['wave', 'fall', 'lift']).splitlines() == [
        '| Class | Videos | Right, % | Most often taken for |', '|---|---:|---:|---|',
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
        assert (inside.min(axis=-1) > 200).any(), 'the count stands in it, in white'


def test_picture_of_shares_has_other_numbers(tmp_path):
    for name, as_shares in (('counts.png', False), ('shares.png', True)):
        draw_confusion(COUNTS, ['a', 'b', 'c'], tmp_path / name, as_shares=as_shares)
    counts, shares = (cv2.imread(str(tmp_path / n)) for n in ('counts.png', 'shares.png'))
    assert counts.shape == shares.shape
    assert (counts != shares).any()
