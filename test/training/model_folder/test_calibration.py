# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Temperature and thresholds on scores whose best values are known."""

from imrs_ros.decision import softmax
import numpy as np
import pytest
from training.model_folder.calibration import (
    calibrate, fit_class_thresholds, fit_no_action, fit_temperature)


def test_temperature_makes_overconfident_scores_honest():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 5, 2000)
    honest = rng.normal(size=(2000, 5)).astype(np.float32)
    honest[np.arange(2000), labels] += 1.0
    once = fit_temperature(honest, labels)
    assert fit_temperature(3 * honest, labels) == pytest.approx(3 * once, rel=0.02)


def test_no_action_threshold_tells_actions_from_background():
    shown = np.array([[.9, .1], [.8, .2], [.3, .7], [.35, .65]], np.float32)
    empty = np.array([[.55, .45], [.4, .6], [.5, .5]], np.float32)
    threshold = fit_no_action(shown, np.array([0, 0, 1, 1]), empty)
    assert .60 < threshold <= .65
    # A clip that is named wrong is no reason for a lower threshold.
    assert fit_no_action(shown, np.array([0, 0, 1, 0]), empty) > .6


def test_class_threshold_has_the_best_f1():
    shown = np.array([[.9, .1], [.7, .3], [.6, .4], [.2, .8]], np.float32)
    truth = np.array([0, 0, 1, 1])
    none = np.zeros((0, 2), np.float32)
    assert fit_class_thresholds(shown, truth, none) == pytest.approx([.61, .31], abs=.005)
    empty = np.array([[.75, .25], [.655, .345]], np.float32)
    assert fit_class_thresholds(shown, truth, empty) == pytest.approx([.66, .35], abs=.005)
    # A class without clips, and one that every clip shows.
    assert fit_class_thresholds(shown, np.array([1, 1, 1, 1]), none).tolist() == [0, 0]


def test_all_of_it_without_background():
    logits = np.array([[3.0, 0.0], [0.0, 3.0], [1.0, 0.0], [0.0, 1.0]], np.float32)
    truth = np.array([0, 1, 0, 1])
    calibration = calibrate(logits, truth, None, ('wave', 'fall'))
    assert calibration.no_action_threshold is None
    assert set(calibration.class_thresholds) == {'wave', 'fall'}
    assert softmax(logits, calibration.temperature).sum(axis=1) == pytest.approx(1)
