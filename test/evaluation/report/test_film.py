# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which frames a page shows: of all of a recording, and more of what went wrong; within a size."""

from imrs_ros.evaluation.report.film import (
    choose_frames, CLIP_FRAMES, MAX_CLIP_FRAMES, MAX_FILM, NS, wrong_spans)
from imrs_ros.evaluation.report.timing import distribution, MAX_VALUES
import numpy as np
import pytest

FIFTH = NS // 5


def times(length_sec, first_ns=0):
    return list(range(first_ns, length_sec * NS + 1, FIFTH))


def camera(missed=(), decided=(), truth=(), **more):
    return {'missed': list(missed), 'decided': list(decided),
            'truth': None if truth is None else list(truth), **more}


def test_a_frame_a_second_of_everything_and_clips_of_misses():
    found, = choose_frames([(camera(missed=[[10.0, 14.0, 'wave', 'best 0.1 < 0.5']],
                                    truth=[[10.0, 14.0, 'wave']]), times(60))])
    assert found == sorted(set(found))
    outside = [one for one in found if not 10 * NS <= one <= 14 * NS]
    assert outside == [i * NS for i in (*range(10), *range(15, 61))]
    inside = [one for one in found if 10 * NS <= one <= 14 * NS]
    assert CLIP_FRAMES <= len(inside) <= CLIP_FRAMES + 5
    # Of a clip, no frame is missed by more than the next one lies away.
    assert max(np.diff(inside)) <= 2 * FIFTH


def test_a_false_action_begins_before_its_decision_and_a_right_one_has_one_frame():
    one = camera(decided=[[20.0, 22.0, 'wave', 0.9, True], [30.0, 33.0, 'fall', 0.8, False],
                          [40.2, 43.0, 'wave', 0.8, False]],
                 truth=[[29.0, 34.0, 'lift'], [40.0, 44.0, 'wave']])
    assert list(wrong_spans(one)) == [(19 * NS, 22 * NS), (29 * NS, 33 * NS)]
    found, = choose_frames([(one, times(60))])
    assert 40 * NS + FIFTH in found
    assert 40 * NS + 2 * FIFTH not in found
    assert {19 * NS, 22 * NS} <= set(found)


def test_of_people_and_of_recordings_without_annotations():
    person = camera(missed=[[5.0, 6.0, 'wave', 'not decided']], truth=[[5.0, 6.0, 'wave']])
    plain = camera(decided=[[1.0, 2.0, 'wave', 0.9, False]], truth=None, people=[person])
    assert list(wrong_spans(plain)) == [(5 * NS, 6 * NS)]


def test_long_and_bad_recordings_stay_within_the_size():
    hours = times(3 * 3600)
    bad = camera(missed=[[i * 10.0, i * 10.0 + 5, 'wave', 'x'] for i in range(1080)],
                 truth=[[i * 10.0, i * 10.0 + 5, 'wave'] for i in range(1080)])
    first, second = choose_frames([(bad, hours), (bad, hours)])
    assert len(first) + len(second) <= MAX_FILM * 1.5 + 10
    # The film still covers everything.
    assert first[0] == 0
    assert first[-1] > 3 * 3600 * NS - 20 * NS
    ten, = choose_frames([(bad, times(600))])
    assert len(ten) <= 601 + MAX_CLIP_FRAMES


@pytest.mark.parametrize('given', [[], [7], times(1)])
def test_few_frames_or_none(given):
    one = camera(missed=[[0.0, 1.0, 'wave', 'x']], decided=[[0.5, 1.0, 'wave', 0.9, True]],
                 truth=[[0.0, 1.0, 'wave']])
    found, = choose_frames([(one, given)])
    assert set(found) <= set(given)
    assert bool(found) == bool(given)


def test_no_cameras():
    assert choose_frames([]) == []


def test_a_distribution_keeps_its_shape():
    few = distribution([0.03, 0.01, 0.02])
    assert few == {'number': 3, 'values': [0.01, 0.02, 0.03], 'median': 0.02, 'p95': 0.029}
    values = np.random.default_rng(0).gamma(2, 0.01, 10_000)
    many = distribution(values.tolist())
    assert (many['number'], len(many['values'])) == (10_000, MAX_VALUES)
    assert np.mean(many['values']) == pytest.approx(values.mean(), rel=0.02)
    assert many['median'] == pytest.approx(np.median(values), abs=1e-5)
