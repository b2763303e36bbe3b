# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which images of a camera are looked at."""

from imrs_ros.person_finder.image_choice import ImageChoice
import numpy as np
import pytest


def chosen(rate_hz, stamps_ns):
    choice = ImageChoice(rate_hz)
    return [stamp_ns for stamp_ns in stamps_ns if choice.is_due(stamp_ns)]


def camera(hz, seconds=20, jitter=0.0, start_ns=10**18):
    """Return stamps of a camera whose images are early or late by a share of the period."""
    rng = np.random.default_rng(0)
    return [start_ns + round(1e9 * (i + rng.uniform(-jitter, jitter)) / hz)
            for i in range(round(hz * seconds))]


@pytest.mark.parametrize(('camera_hz', 'expected_hz'), [
    (240, 10), (60, 10), (30, 10), (25, 10), (15, 10), (10, 10), (5, 5)])
@pytest.mark.parametrize('jitter', [0.0, 0.1])
def test_the_rate_is_met_by_every_camera(camera_hz, expected_hz, jitter):
    stamps = camera(camera_hz, jitter=jitter)
    assert len(chosen(10, stamps)) == pytest.approx(20 * expected_hz, rel=0.04)


def test_no_rate_takes_every_image():
    stamps = [5, 5, 3, 10**18, 1]
    assert chosen(0, stamps) == stamps


def test_a_jump_in_either_direction_begins_anew():
    later, earlier = camera(10, 1, start_ns=2 * 10**18), camera(10, 1, start_ns=10**18)
    assert chosen(10, [*earlier, *later, *earlier]) == [*earlier, *later, *earlier]


def test_a_late_image_is_left_out():
    assert chosen(10, [10**9, 10**9 + 10**8, 10**9 + 5 * 10**7]) == [10**9, 10**9 + 10**8]
