# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Accuracy of scores counted by hand, its margin of error, and the chance level."""

import numpy as np
import pytest
from training.learning.accuracy import count_right


def scores(*best):
    """Return logits of one clip of each video, highest for the given class of three."""
    return [np.eye(3, dtype=np.float32)[[k]] for k in best]


@pytest.mark.parametrize(('best', 'labels', 'low', 'high', 'chance', 'is_above'), [
    # Wilson (1927): 3 of 4 is [0.3006, 0.9544], 20 of 20 is [0.8389, 1].
    ((0, 1, 2, 0), (0, 1, 2, 1), 0.3006, 0.9544, 0.5, False),
    ((0, 1) * 10, (0, 1) * 10, 0.8389, 1.0, 0.5, True),
    # All right, but always naming class 0 is right in 18 of 20.
    ((0,) * 18 + (1, 2), (0,) * 18 + (1, 2), 0.8389, 1.0, 0.9, False),
    ((1,), (0,), 0.0, 0.7935, 1.0, False)])
def test_margin_of_error_and_chance(best, labels, low, high, chance, is_above):
    accuracy = count_right(scores(*best), labels)
    assert accuracy.video_top1_low == pytest.approx(low, abs=1e-4)
    assert accuracy.video_top1_high == pytest.approx(high, abs=1e-4)
    assert accuracy.chance == chance
    assert accuracy.is_above_chance is is_above
    assert accuracy.margin.startswith(f'95 % interval {low:.1%} to ')
    assert accuracy.margin.endswith(f', chance {chance:.1%}')


def test_accuracy_of_nothing_is_refused():
    with pytest.raises(ValueError, match='expected at least one video to measure accuracy on'):
        count_right([], [])
