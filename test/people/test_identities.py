# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Ids for people: kept, given, never reused, and rather new than wrong."""

from itertools import combinations
import math
import sys

from hypothesis import given, settings, strategies as st
from imrs_ros.people.detection import Box, Detection, Detections
from imrs_ros.people.identities import (
    _covered_pairs, Identities, LOST_SEC, MAX_TRACKED, PREFIX, TANGLED_SHARE)
import numpy as np
import pytest

pytest.importorskip('trackers', reason='needs the library trackers: `make setup`')

PERIOD_NS = 100_000_000


def person(left, name='', score=0.5, top=0.2):
    return Detection(Box(left, top, left + 0.1, top + 0.4), score, name)


def feed(identities, *images, start_ns=10**18):
    """Return the ids of each image, by the left side of the box."""
    found = []
    for i, people in enumerate(images):
        result = identities.assign(Detections(start_ns + PERIOD_NS * i, tuple(people)))
        assert result.stamp_ns == start_ns + PERIOD_NS * i
        found.append({round(p.box.left, 3): p.id for p in result.people})
    return found


def test_someone_who_walks_keeps_one_id_from_the_second_image_on():
    found = feed(Identities(), *([person(0.1 + 0.01 * i)] for i in range(20)))
    assert found[0] == {}
    assert {name for ids in found for name in ids.values()} == {f'{PREFIX}1'}
    assert all(len(ids) == 1 for ids in found[1:])


def test_two_people_have_two_ids_and_lose_neither_in_a_short_absence():
    both = [person(0.1), person(0.6)]
    found = feed(Identities(), *[both] * 5, *[[person(0.1)]] * 8, *[both] * 2)
    assert len({*found[1].values()}) == 2
    assert found[4] == found[-1]


def test_a_long_absence_ends_an_id_for_good():
    identities = Identities()
    found = feed(identities, *[[person(0.1)]] * 3, *[[]] * 12, *[[person(0.1)]] * 3)
    assert found[2][0.1] != found[-1][0.1]


def test_ids_of_the_detector_stay_and_need_no_library(monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    everyone = [person(0.1, 'a'), person(0.6, 'b'), person(0.6, 'a')]
    assert feed(Identities(), everyone) == [{0.1: 'a', 0.6: 'b'}]


def test_ids_given_here_avoid_those_of_the_detector():
    everyone = [person(0.1), person(0.6)]
    named = [person(0.1), person(0.6), person(0.8, f'{PREFIX}1'), person(0.3, f'{PREFIX}7')]
    *_, before, after = feed(Identities(), *[everyone] * 3, named)
    assert after[0.8] == f'{PREFIX}1'
    assert len({*after.values()}) == 4
    # Whose id is taken gets a new one, above all that were seen.
    kept = {0.1: before[0.1], 0.6: before[0.6]}
    changed = next(left for left, name in kept.items() if name == f'{PREFIX}1')
    assert after[changed] == f'{PREFIX}8'
    assert all(after[left] == name for left, name in kept.items() if left != changed)


@pytest.mark.parametrize('jump_sec', [-LOST_SEC - 0.1, LOST_SEC + 0.1, -1e9, 1e9])
def test_a_stamp_that_jumps_loses_everyone_and_reuses_no_id(jump_sec):
    identities, start_ns = Identities(), 2 * 10**18
    before = feed(identities, *[[person(0.1)]] * 3, start_ns=start_ns)
    later_ns = start_ns + 2 * PERIOD_NS + round(jump_sec * 1e9)
    after = feed(identities, *[[person(0.1)]] * 3, start_ns=later_ns)
    assert before[-1] == {0.1: f'{PREFIX}1'}
    assert after == [{}, {0.1: f'{PREFIX}2'}, {0.1: f'{PREFIX}2'}]


def test_a_late_image_changes_nothing():
    identities = Identities()
    before = feed(identities, *[[person(0.1)]] * 5)
    assert feed(identities, [person(0.1), person(0.5, 'b')], start_ns=10**18) == [{0.5: 'b'}]
    assert feed(identities, [person(0.1)], start_ns=10**18 + 5 * PERIOD_NS) == [before[-1]]


def crossing(num_images=40):
    """Return two people who pass; the one behind is hidden while covered."""
    for i in range(num_images):
        one, other = 0.1 + 0.02 * i, 0.9 - 0.02 * i
        yield [person(one)] if abs(one - other) < 0.05 else [person(one), person(other)]


def test_people_who_covered_each_other_get_new_ids_rather_than_wrong_ones():
    found = feed(Identities(), *crossing())
    before, after = {*found[5].values()}, {*found[-1].values()}
    assert len(before) == len(after) == 2
    assert not before & after
    kept = feed(Identities(renames_tangled=False), *crossing())
    assert {*kept[5].values()} & {*kept[-1].values()}


def test_people_who_pass_at_a_distance_keep_their_ids():
    images = [[person(0.1 + 0.02 * i, top=0.0), person(0.9 - 0.02 * i, top=0.45)]
              for i in range(40)]
    found = feed(Identities(), *images)
    assert [*found[5].values()] == [*found[-1].values()]


@pytest.mark.parametrize('box', [
    Box(math.nan, 0.1, 0.2, 0.3), Box(0.1, 0.1, math.inf, 0.3), Box(0.1, 0.1, 0.1, 0.3),
    Box(0.3, 0.1, 0.1, 0.3), Box(-1e300, -1e300, 1e300, 1e300)])
def test_what_is_no_box_is_left_out(box):
    found = feed(Identities(), *[[Detection(box, 0.5), person(0.1)]] * 3)
    assert found[-1] == {0.1: f'{PREFIX}1'}


def test_of_thousands_the_most_certain_are_tracked():
    crowd = [Detection(Box(i % 70 / 70, i // 70 / 70, i % 70 / 70 + 0.01, i // 70 / 70 + 0.01),
                       score=i / 5000) for i in range(4900)]
    identities = Identities()
    for i in range(3):
        result = identities.assign(Detections(PERIOD_NS * i, tuple(crowd)))
    assert {p.score for p in result.people} == {p.score for p in crowd[-MAX_TRACKED:]}


def test_boxes_that_flicker_by_hundreds_are_not_all_remembered():
    identities, random = Identities(), np.random.default_rng(0)
    images = [[Detection(Box(x, y, x + 0.05, y + 0.05), 0.5)
               for x, y in random.uniform(0, 0.9, (MAX_TRACKED, 2))] for _ in range(6)]
    one = Box(0.95, 0.5, 1.0, 1.0)
    # Each is seen twice, and lost.
    for i in range(2 * len(images)):
        result = identities.assign(Detections(
            30_000_000 * i, (Detection(one, 0.9), *images[i // 2])))
        assert len(identities._tracker.tracks) <= MAX_TRACKED
        if i:
            assert {p.id for p in result.people if p.box == one} == {f'{PREFIX}1'}


BOXES = st.lists(st.tuples(*[st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.9])] * 4), max_size=6)


@given(BOXES)
def test_pairs_who_cover_each_other_are_those_of_the_definition(corners):
    boxes = {10 + i: (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
             for i, (x1, y1, x2, y2) in enumerate(corners)}
    found = _covered_pairs(boxes)
    for one, other in combinations(boxes, 2):
        first, second = Box(*boxes[one]), Box(*boxes[other])
        smaller, shared = min(first.area, second.area), first.meet(second).area
        # At the very limit, rounding decides.
        if abs(shared - TANGLED_SHARE * smaller) > 1e-9 or not smaller:
            is_covered = smaller > 0 and shared > TANGLED_SHARE * smaller
            assert ((one, other) in found) == is_covered
    assert all(one < other for one, other in found)


def test_without_the_library_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, 'trackers', None)
    with pytest.raises(RuntimeError, match=r'expected the library trackers .* got Module'):
        feed(Identities(), [person(0.1)])


SIDES = st.floats(-2, 3) | st.sampled_from([math.nan, math.inf, -math.inf, 1e300, 0.0])
PEOPLE = st.lists(st.builds(
    Detection, st.builds(Box, SIDES, SIDES, SIDES, SIDES) | st.builds(
        lambda x, y: Box(x, y, x + 0.2, y + 0.4), st.floats(0, 0.8), st.floats(0, 0.6)),
    st.floats(0, 1), st.sampled_from(['', '', '', 'a', f'{PREFIX}1', f'{PREFIX}{10**14}'])),
    max_size=8)
STEPS = st.integers(-2 * 10**9, 2 * 10**9) | st.integers(0, 10**8) | st.just(0)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(STEPS, PEOPLE), max_size=12))
def test_nothing_raises_and_ids_are_unique(images):
    identities, stamp_ns = Identities(), 10**18
    for step_ns, people in images:
        stamp_ns += step_ns
        result = identities.assign(Detections(stamp_ns, tuple(people)))
        names = [p.id for p in result.people]
        assert all(names)
        assert len({*names}) == len(names)
        assert {p.id for p in people if p.id} <= {*names}
        assert {p.box for p in result.people} <= {p.box for p in people}
