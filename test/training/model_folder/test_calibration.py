# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Temperature on scores whose best values are known."""

import numpy as np
import pytest
from training.model_folder.calibration import fit_temperature


def test_temperature_makes_overconfident_scores_honest():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 2000)
    honest = rng.normal(size=(2000, 5)).astype(np.float32)
    honest[np.arange(2000), labels] += 1.0
    once = fit_temperature(honest, labels)
    assert fit_temperature(3 * honest, labels) == pytest.approx(3 * once, rel=0.02)


def test_a_few_clips_that_are_all_right_prove_no_certainty():
    right = np.array([[0.3, 0.0], [0.0, 0.3]] * 2, np.float32)
    labels = np.array([0, 1] * 2)
    few, many = fit_temperature(right, labels), fit_temperature(
        np.tile(right, (500, 1)), np.tile(labels, 500))
    # Least of 4 log(1 + exp(-0.3 / t)) + log(t)^2 / 2, at 0.367.
    assert few == pytest.approx(0.367, rel=0.02)
    assert many < few / 3
