# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""With how many new frames a window still takes less work in parts than whole, measured here."""

from collections.abc import Callable, Mapping

import numpy as np

NUM_TIMINGS = 5


def most_new_that_pays(
    whole: Callable[[], object], advance: Callable[[int], object], num_frames: int,
    clock: Callable[[], float],
) -> int:
    """
    Measure a whole window, and windows in parts.

    :param whole: scores a window whole.
    :param advance: scores one with so many new frames in parts.
    :param num_frames: T, frames of a window.
    :param clock: returns seconds of work.
    :return: the most new frames with which parts take less; 0 to ``num_frames``.
    """
    # About as many as where it stops to pay: batches cost less a frame than single ones.
    many = max(2, num_frames // 2)
    least_sec = _least_seconds(
        {'whole': whole, 'one': lambda: advance(1), 'many': lambda: advance(many)}, clock)
    frame_sec = max((least_sec['many'] - least_sec['one']) / (many - 1), 1e-9)
    return int(np.clip(
        1 + (least_sec['whole'] - least_sec['one']) / frame_sec, 0, num_frames))


def _least_seconds(
    calls: Mapping[str, Callable[[], object]], clock: Callable[[], float],
) -> dict[str, float]:
    """Time calls in turn; the least of each is its time when no other thread disturbs it."""
    least_sec = dict.fromkeys(calls, float('inf'))
    for _ in range(NUM_TIMINGS):
        for name, call in calls.items():
            start_sec = clock()
            call()
            least_sec[name] = min(least_sec[name], clock() - start_sec)
    return least_sec
