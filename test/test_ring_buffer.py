# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The mirrored ring buffer against a plain list."""

from hypothesis import given, strategies as st
from imrs_ros.ring_buffer import RingBuffer
import numpy as np
import pytest


def image(value):
    return np.full((2, 3, 1), value, np.uint8)


@given(st.lists(st.one_of(st.integers(0, 255), st.none()), max_size=80), st.integers(1, 9))
def test_window_holds_the_newest_frames(actions, num_frames):
    ring, held, appended = RingBuffer(num_frames, (2, 3, 1)), [], 0
    for value in actions:
        if value is None:
            ring.clear()
            held = []
        else:
            ring.append(image(value))
            held.append(value)
            appended += 1
        window = ring.window()
        assert ring.num_appended == appended
        if len(held) < num_frames:
            assert window is None
        else:
            assert window[:, 0, 0, 0].tolist() == held[-num_frames:]


def test_window_is_a_contiguous_view():
    ring = RingBuffer(4, (2, 3, 1))
    for value in range(11):
        ring.append(image(value))
    window = ring.window()
    assert window.flags.c_contiguous
    assert not window.flags.owndata
    assert np.shares_memory(window, ring.window())
    assert window.base.shape == (8, 2, 3, 1), 'every frame twice, and no more'


def test_wrong_shape_is_reported():
    with pytest.raises(ValueError, match=r'expected a frame of shape \(2, 3, 1\)'):
        RingBuffer(4, (2, 3, 1)).append(np.zeros((3, 2, 1), np.uint8))
