# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Still scenes are distinguished from moving ones, despite camera noise."""

from imrs_ros.images.motion import changed_fraction
import numpy as np
import pytest


def scene(noise, move_px, num_frames=16):
    rng = np.random.default_rng(0)
    backdrop = rng.integers(60, 200, (14, 14, 3)).repeat(16, 0).repeat(16, 1)
    frames = []
    for t in range(num_frames):
        image = backdrop + rng.normal(0, noise, backdrop.shape)
        left = t * move_px
        image[60:160, left:left + 60] = 250
        frames.append(image)
    return np.clip(frames, 0, 255).astype(np.uint8)


@pytest.mark.parametrize('noise', [0, 6, 10])
def test_noise_is_not_motion(noise):
    assert changed_fraction(scene(noise, 0)) == 0


@pytest.mark.parametrize('noise', [0, 10])
def test_moving_object_is_measured(noise):
    # 100 rows, 50 px uncovered and 50 px covered between two compared frames.
    fraction = 2 * 100 * 50 / 224 ** 2
    assert changed_fraction(scene(noise, 10)) == pytest.approx(fraction, rel=0.35)


@pytest.mark.parametrize('changed', range(16))
def test_first_and_last_frame_and_two_between_are_compared(changed):
    window = np.zeros((16, 56, 56, 3), np.uint8)
    window[changed] = 255
    assert changed_fraction(window) == (1.0 if changed in (0, 5, 10, 15) else 0.0)


@pytest.mark.parametrize(('change', 'fraction'), [(12, 0.0), (13, 1.0)])
def test_a_change_above_12_grey_levels_is_no_noise(change, fraction):
    window = np.full((16, 100, 100, 3), 100, np.uint8)
    window[10:] += np.uint8(change)
    assert changed_fraction(window) == fraction
