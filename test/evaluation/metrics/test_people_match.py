# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Who is taken for whom: by id, as before, by box; in hand-made scenes."""

from dataclasses import replace

from imrs_ros.evaluation.ground_truth.annotated_person import join_people
from imrs_ros.evaluation.metrics.people_match import iou, is_shared, match_people, overlap
from imrs_ros.people.detection import Box, Person
import pytest
from sample_people import LEFT, MIDDLE, RIGHT
from sample_recordings import SEC, segment

NOTHING = 'no_action'


def people(*lines):
    """Return people from id, start and end in seconds, and box."""
    return join_people([(name, segment(start, end, NOTHING), box)
                        for name, start, end, box in lines], 20 * SEC)


def shrunk(box, share=0.5):
    """Return a box of the same centre."""
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    across, down = (box.right - box.left) * share / 2, (box.bottom - box.top) * share / 2
    return Box(x - across, y - down, x + across, y + down)


def match(windows, annotated, settle_sec=1.0):
    """Match windows of time in seconds, id, number and box."""
    return match_people([(round(time * SEC), Person(name, number, box))
                         for time, name, number, box in windows], annotated,
                        round(settle_sec * SEC))


def test_overlaps():
    assert overlap(LEFT, MIDDLE) == 0
    assert iou(LEFT, LEFT) == 1
    assert iou(Box(0, 0, 2, 1), Box(1, 0, 3, 1)) == pytest.approx(1 / 3)
    assert iou(Box(0, 0, 0, 0), Box(0, 0, 0, 0)) == 0


def test_ids_come_first():
    two = people(('ann', 0, 9, LEFT), ('bob', 0, 9, Box(0, 0, 0.5, 1)))
    # By box, the first would be bob, and the second ann.
    assert match([(1, 'ann', 0, Box(0, 0, 0.5, 1)), (1, 'bob', 1, LEFT)], two) == ['ann', 'bob']


def test_an_id_without_a_box_is_enough_but_not_one_of_somebody_elsewhere():
    assert match([(1, 'ann', 0, LEFT)], people(('ann', 0, 9, None))) == ['ann']
    assert match([(1, 'eve', 0, LEFT)], people(('ann', 0, 9, None))) == [None]
    two = people(('1', 0, 9, LEFT), ('2', 0, 9, RIGHT))
    # The ids of the detector are other people's.
    assert match([(1, '1', 0, RIGHT), (1, '2', 1, LEFT)], two) == ['2', '1']


def test_boxes_are_assigned_so_that_all_together_match_best():
    wide = Box(0.0, 0.0, 0.6, 1.0)
    two = people(('ann', 0, 9, LEFT), ('bob', 0, 9, wide))
    # Greedily, the best pair is the first with bob; then the second would have nobody.
    first, second = Box(0.0, 0.0, 0.45, 1.0), Box(0.3, 0.0, 0.6, 1.0)
    assert match([(1, '', 0, shrunk(LEFT)), (1, '', 1, second)], two) == ['ann', 'bob']
    assert match([(1, '', 0, first), (1, '', 1, second)], two) == ['ann', 'bob']


def test_a_small_person_in_a_large_annotated_box_matches_and_a_neighbour_does_not():
    one = people(('ann', 0, 9, LEFT))
    assert match([(1, '', 0, shrunk(LEFT, 0.1))], one) == ['ann']
    half_out = Box(0.2, 0.0, 0.5, 1.0)
    assert match([(1, '', 0, half_out)], one) == [None]
    assert match([(1, '', 0, Box(0, 0, 0, 0))], one) == [None]


def test_whoever_was_matched_stays_matched_while_the_box_fits():
    one = people(('ann', 0, 9, LEFT))
    windows = [(1, '', 0, shrunk(LEFT)), (2, '', 0, shrunk(LEFT)), (2, '', 1, LEFT),
               (3, '', 0, RIGHT), (3, '', 1, LEFT)]
    assert match(windows, one) == ['ann', 'ann', None, None, 'ann']


def test_without_a_place_whoever_was_matched_stays_matched():
    ann, = join_people([('ann', segment(1, 2, 'wave'), LEFT)], 9 * SEC)
    windows = [(0.5, '', 0, LEFT), (1.5, '', 0, LEFT), (3, '', 0, RIGHT), (3, 'ann', 1, RIGHT)]
    assert match(windows, [ann]) == [None, 'ann', None, 'ann']
    assert match(windows[:3], [ann]) == [None, 'ann', 'ann']


def test_a_person_between_windows_keeps_the_place_from_others():
    one = people(('ann', 0, 9, LEFT))
    windows = [(1.0, '', 0, shrunk(LEFT)), (1.5, '', 1, LEFT), (2.6, '', 1, LEFT)]
    assert match(windows, one) == ['ann', None, 'ann']


def test_people_match_only_while_they_are_there_and_a_little_longer():
    one = people(('ann', 1, 3, LEFT))
    windows = [(time, 'ann', 0, LEFT) for time in (0.5, 1.0, 2.5, 3.0, 3.9, 4.0)]
    assert match(windows, one) == [None, 'ann', 'ann', 'ann', 'ann', None]
    # Who was never ann is not taken for her after she left.
    assert match([(3.5, 'eve', 1, LEFT)], one) == [None]


def test_of_two_appearances_with_one_id_the_later_counts():
    one = people(('ann', 0, 9, LEFT))
    assert match([(1, 'ann', 0, LEFT), (1, 'ann', 1, LEFT)], one) == [None, 'ann']


def test_what_somebody_annotated_does_there_too_is_shared():
    ann, = people(('ann', 0, 20, LEFT), ('ann', 2, 4, LEFT))
    ann = replace(ann, actions=(segment(2, 4, 'wave'),))

    def shared(start, label='wave', box=LEFT):
        return is_shared(segment(start, start + 9, label), box, [ann], SEC)
    assert [shared(start) for start in (1.9, 2, 4.9, 5)] == [False, True, True, False]
    assert not shared(3, 'fall')
    assert shared(3, box=shrunk(LEFT, 0.2))
    assert not shared(3, box=RIGHT)
    assert not is_shared(segment(3, 4, 'wave'), LEFT, [], SEC)


def test_nobody_and_nothing():
    assert match([], people(('ann', 0, 9, LEFT))) == []
    assert match([(1, 'ann', 0, LEFT)], ()) == [None]
