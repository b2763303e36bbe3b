# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The port of MoveNet: its decoding by hand, and its numbers against Google's file."""

from imrs_ros.architectures.movenet import (
    GAUSSIAN_WIDTH, HEADS, LEAST_KEYPOINT_SCORE, MAX_PEOPLE, NUM_KEYPOINTS)
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_folders import find_model
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.weights import read_weights
from imrs_ros.video import read_video
import numpy as np
import pytest
import torch

SIDE = 12
CLIP = 'sample-videos/one-by-one-person-detection.mp4'
FRAME = 120
# Of that frame, shrunk to 224 pixels: what OpenVINO computes from Google's TFLite file.
EXPECTED = {
    'nose': [0.1301, 0.6724, 0.4421], 'left_ankle': [0.8184, 0.6299, 0.4574],
    'box': [0.0338, 0.4989, 0.9045, 0.8145], 'score': 0.55}


def maps(people):
    """Return maps that show people: their centre, box size and the place of every keypoint."""
    found = {name: torch.full((1, channels, SIDE, SIDE), -12.0 if name in ('keypoint', 'centre')
                              else 0.0) for name, channels in HEADS.items()}
    for (y, x), (height, width), places in people:
        found['centre'][0, 0, y, x] = 3.0
        found['size'][0, :, y, x] = torch.tensor([height, width], dtype=torch.float32)
        for j, (at_y, at_x) in enumerate(places):
            found['position'][0, 2 * j:2 * j + 2, y, x] = torch.tensor(
                [at_y - y, at_x - x], dtype=torch.float32)
            found['keypoint'][0, j, at_y, at_x] = 2.0
            found['keypoint_offset'][0, 2 * j:2 * j + 2, at_y, at_x] = torch.tensor([0.25, 0.5])
    return found


def decode(found):
    network = MoveNet()
    peaks_NP, at_NP = network._peaks(torch.sigmoid(found['centre']))
    return network._describe(found, peaks_NP, at_NP)[0]


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def test_people_are_decoded_as_the_maps_say():
    places = [[(2 + j % 3, 2 + j % 4) for j in range(NUM_KEYPOINTS)],
              [(8 + j % 2, 7 + j % 3) for j in range(NUM_KEYPOINTS)]]
    found = maps([((3, 3), (5.0, 5.0), places[0]), ((9, 8), (4.0, 4.0), places[1])])
    found['centre'][0, 0, 9, 8] = 2.0
    people = decode(found)
    assert people.shape == (MAX_PEOPLE, 56)
    for person, expected, centre, size in zip(people, places, ((3, 3), (9, 8)), (5, 4)):
        for j, (y, x) in enumerate(expected):
            assert person[3 * j:3 * j + 2].tolist() == pytest.approx(
                [(y + 0.25) / SIDE, (x + 0.5) / SIDE], abs=1e-6)
            # At the regressed place, the Gaussian is 1.
            assert float(person[3 * j + 2]) == pytest.approx(sigmoid(2.0), abs=1e-4)
        low = [(c - size / 2) / SIDE for c in centre]
        high = [(c + size / 2) / SIDE for c in centre]
        assert person[51:55].tolist() == pytest.approx([*low, *high])
    assert people[:2, 55].tolist() == pytest.approx(
        [sigmoid(3.0) * sigmoid(2.0), sigmoid(2.0) * sigmoid(2.0)], abs=1e-4)


def test_a_place_far_from_the_regressed_one_counts_less_and_outside_the_box_not_at_all():
    at = [(5, 5)] * NUM_KEYPOINTS
    found = maps([((5, 5), (7.0, 7.0), at)])
    # The keypoint is two to the right of where it was expected.
    found['keypoint'][0, 0] = -12.0
    found['keypoint'][0, 0, 5, 7] = 2.0
    weighted = sigmoid(2.0) * np.exp(-4 / (GAUSSIAN_WIDTH * SIDE))
    assert float(decode(found)[0, 2]) == pytest.approx(weighted, abs=1e-4)
    assert weighted > LEAST_KEYPOINT_SCORE
    found['keypoint'][0, 0, 5, 7] = -12.0
    found['keypoint'][0, 0, 5, 9] = 6.0
    assert float(decode(found)[0, 2]) < 0.01


def test_a_peak_beside_a_higher_one_is_no_person():
    found = maps([((5, 5), (4.0, 4.0), [(5, 5)] * NUM_KEYPOINTS)])
    found['centre'][0, 0, 5, 7] = 2.0
    assert (decode(found)[:, 55] > 0.1).tolist() == [True, *[False] * (MAX_PEOPLE - 1)]


def test_a_frame_is_what_googles_file_says(dataset):
    network = MoveNet()
    network.load_state_dict({name: tensor.float() for name, tensor in read_weights(
        find_model('movenet') / 'model.safetensors').items()})
    frame = next(iter(read_video(dataset.parent / CLIP, FRAME, 1)))
    with torch.inference_mode():
        person = network.eval()(torch.from_numpy(shrink(frame.image_HWC, 224))[None])[0, 0]
    assert person[:3].tolist() == pytest.approx(EXPECTED['nose'], abs=2e-3)
    assert person[45:48].tolist() == pytest.approx(EXPECTED['left_ankle'], abs=2e-3)
    assert person[51:55].tolist() == pytest.approx(EXPECTED['box'], abs=2e-3)
    assert float(person[55]) == pytest.approx(EXPECTED['score'], abs=2e-3)
