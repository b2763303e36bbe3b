# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the overlay draws on an image, and what it leaves alone."""

from imrs_ros.node.overlay import BAR_RGB, draw_overlay
import numpy as np
import pytest


@pytest.mark.parametrize('size', [(480, 640), (17, 33), (1080, 1920), (16, 16)])
def test_only_the_upper_edge_is_drawn_on(size):
    image = np.full((*size, 3), 90, np.uint8)
    drawn = draw_overlay(image, 'PlayingViolin', 0.5, 0.042)
    assert (image == 90).all()
    assert drawn.shape == image.shape
    below = max(16, round(0.11 * size[0])) + 1
    assert (drawn[below:] == 90).all()
    assert not (drawn[:below] == 90).all()


@pytest.mark.parametrize('confidence', [0.0, 0.25, 1.0])
def test_length_of_the_bar_shows_the_confidence(confidence):
    drawn = draw_overlay(np.zeros((480, 640, 3), np.uint8), 'wave', confidence, 0.1)
    bar = (drawn[50] == BAR_RGB).all(axis=1)
    assert bar.sum() == pytest.approx(confidence * 640, abs=1)
    assert not bar.any() or bar[:bar.sum()].all()


def test_labels_and_latencies_differ():
    image = np.zeros((480, 640, 3), np.uint8)
    pictures = [draw_overlay(image, label, 0.5, latency)
                for label, latency in (('wave', 0.1), ('fall', 0.1), ('fall', 0.2))]
    left, right = slice(0, 300), slice(500, 640)
    assert (pictures[0][:, left] != pictures[1][:, left]).any()
    assert (pictures[0][:, right] == pictures[1][:, right]).all()
    assert (pictures[1][:, right] != pictures[2][:, right]).any()
