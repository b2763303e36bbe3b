# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How well other actions are told apart, against counts by hand."""

import numpy as np
import pytest
from training.scoring.unseen import known_scores, separate, separation_table


def test_figures_are_those_counted_by_hand():
    # Of the 20 pairs, three have the other action above: 0.85 above 0.8, 0.65 and 0.1.
    found = separate(np.array([0.9, 0.8, 0.65, 0.95, 0.1]), np.array([0.05, 0.85, 0.0, 0.02]), 2)
    assert found.auroc == pytest.approx(17 / 20)
    # To accept all five, the threshold falls to 0.1: one of four others is above it.
    assert found.fpr95 == pytest.approx(1 / 4)
    assert (found.num_clips, found.num_videos) == (4, 2)


def test_95_percent_leave_out_one_of_twenty():
    known = np.arange(20) / 10 + 1.0
    found = separate(known, np.array([1.05, 0.5]), 1)
    # At 1.1, nineteen of twenty are accepted, and none of the others.
    assert found.fpr95 == 0
    assert separate(known[:19], np.array([1.05, 0.5]), 1).fpr95 == 0.5


def test_scores_are_those_of_the_model():
    logits = [np.array([[0.0, 0.0, np.log(2.0)]], np.float32), np.array([[5.0, 0.0, -3.0]])]
    # With a logit of none: a function of its probability alone.
    with_none = known_scores(logits, 2, 1.0)
    assert np.exp(-with_none[0]) == pytest.approx(0.5)
    # Without one, the best probability; the temperature of the model counts.
    best = known_scores([np.array([[np.log(9.0), 0.0]], np.float32)], 2, 2.0)
    assert best[0] == pytest.approx(3 / 4)


def test_the_table_has_every_source_and_their_mean():
    one = separate(np.array([1.0, 2.0]), np.array([0.0]), 1)
    other = separate(np.array([1.0, 2.0]), np.array([1.5, 3.0]), 2)
    lines = separation_table({'street': one, 'kitchen': other}).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ['street', 'kitchen', 'mean']
    assert lines[1].split()[1:] == ['1.000', '0.000', '1', '1']
    assert lines[3].split()[1] == f'{(1 + other.auroc) / 2:.3f}'
