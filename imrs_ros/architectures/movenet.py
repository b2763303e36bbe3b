# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""MoveNet MultiPose Lightning as numbers; ``networks.movenet`` says what it computes."""

MOVENET = 'MoveNet MultiPose Lightning'
MAX_PEOPLE = 6
"""P: the people of a frame, the highest peaks first."""
NUM_KEYPOINTS = 17
"""J, the keypoints of COCO: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles, left
before right."""
PERSON_DIM = 3 * NUM_KEYPOINTS + 5
"""Numbers that describe a person: y, x and score of every keypoint; y0, x0, y1, x1 of the box; and
the score of the person."""
STRIDE = 4
"""Pixels from one position of the maps to the next."""
SIDE_MULTIPLE = 32
"""The sides of a frame are multiples of this many pixels."""

STAGES = (
    (24, 1, 1, 1), (40, 6, 2, 2), (48, 6, 3, 2), (96, 6, 4, 2), (144, 6, 3, 1), (240, 6, 3, 2),
    (480, 6, 1, 1))
"""Output channels, expansion, number of blocks and stride of MobileNetV2's stages."""
STEM_CHANNELS, TOP_CHANNELS = 48, 1280
PYRAMID_TAPS = (3, 2, 1)
"""Stages whose maps the pyramid adds on its way up, strides 16, 8 and 4."""
PYRAMID_CHANNELS = (64, 32, 24)
HEAD_CHANNELS = 24, 96
HEADS = {'keypoint': NUM_KEYPOINTS, 'centre': 1, 'position': 2 * NUM_KEYPOINTS,
         'centre_offset': 2, 'size': 2, 'keypoint_offset': 2 * NUM_KEYPOINTS}
"""Channels of every head."""
PEAK_WINDOW = 5
PEAK_TOLERANCE = 1e-6
GAUSSIAN_WIDTH = 0.3
"""The Gaussian is exp(-d^2 / (GAUSSIAN_WIDTH min(H, W))), with d in positions."""
LEAST_KEYPOINT_SCORE = 0.127
"""Of the keypoints that count for the score of the person."""
