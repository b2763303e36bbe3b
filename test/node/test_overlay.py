# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the overlay draws on an image, and what it leaves alone."""

from imrs_ros.node.overlay import BAR_RGB, draw_overlay, draw_people, IDLE_RGB
from imrs_ros.people.detection import Box, Person
from imrs_ros.records import Decision, Event, Scores
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


def test_everybody_gets_a_box_with_id_and_action():
    image = np.zeros((480, 640, 3), np.uint8)
    ann, bob = Person('7', 0, Box(0.1, 0.2, 0.3, 0.8)), Person('8', 1, Box(0.6, 0.2, 1.2, 1.1))
    scores = Scores('front', 1, '', None, person=ann)
    waves = Decision(scores, np.zeros(2, np.float32), 'wave', 0.9, 1, Event.ONSET)
    drawn = draw_people(image, [(ann, waves), (bob, None)])
    assert (image == 0).all()
    assert (drawn[round(0.2 * 479), 70] == BAR_RGB).all()
    assert (drawn[round(0.2 * 479), 600] == IDLE_RGB).all()
    # The wider tag is that with the action.
    tags = [(drawn[380:384] == colour).all(axis=2).any(axis=0).sum()
            for colour in (BAR_RGB, IDLE_RGB)]
    assert tags[0] > tags[1]
    assert (draw_people(image, []) == image).all()
