# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
People from the maps of MoveNet: ``_peaks`` and ``_describe`` of ``networks.movenet``, as a graph.

Layout legend: N = 1 frame, P people, J keypoints, C channels, H height and W width of the maps,
S = H W positions, 2 vertical and horizontal, D numbers of a person.
"""

from collections.abc import Mapping

from imrs_ros.architectures.movenet import (
    GAUSSIAN_WIDTH, LEAST_KEYPOINT_SCORE, MAX_PEOPLE, NUM_KEYPOINTS, PEAK_TOLERANCE, PEAK_WINDOW)
from imrs_ros.backends.openvino_graphs.layers import constant, indices, Node
import numpy as np
from numpy.typing import NDArray
from openvino import opset13 as ops


def describe_people(maps: Mapping[str, Node]) -> Node:
    """
    Describe the people at the highest peaks.

    :param maps: maps_NCHW of every head, before the sigmoid.
    :return: people_NPD.
    """
    height, width = tuple(maps['centre'].output(0).shape)[2:]
    sides_2 = constant([height, width])
    rows_S, columns_S = np.divmod(np.arange(height * width), width)
    places_S2 = np.stack([rows_S, columns_S], axis=1).astype(np.float32)
    peak_NP, at_NP = _peaks(maps['centre'])
    peak_NP2 = _places(at_NP, places_S2)
    is_here_NPS = _one_hot(ops.unsqueeze(at_NP, indices(2)), height * width)
    taken = {name: ops.matmul(is_here_NPS, _flat(maps[name]), False, True)
             for name in ('size', 'centre_offset', 'position')}
    half_NP2 = ops.multiply(ops.relu(taken['size']), constant(0.5))
    centre_NP2 = ops.add(peak_NP2, taken['centre_offset'])
    first_NP2, last_NP2 = (
        ops.relu(ops.minimum(corner_NP2, sides_2))
        for corner_NP2 in (ops.subtract(centre_NP2, half_NP2), ops.add(centre_NP2, half_NP2)))
    guess_NPJ2 = ops.add(ops.unsqueeze(peak_NP2, indices(2)), _reshape(
        taken['position'], 1, MAX_PEOPLE, NUM_KEYPOINTS, 2))
    weight_NPJS = _gaussian(guess_NPJ2, places_S2, GAUSSIAN_WIDTH * min(height, width))
    inside_NP1S = _inside(first_NP2, last_NP2, places_S2)
    heat_N1JS = ops.sigmoid(ops.unsqueeze(_flat(maps['keypoint']), indices(1)))
    weighted_NPJS = ops.multiply(ops.multiply(heat_N1JS, weight_NPJS), inside_NP1S)
    keypoint_NPJ2, score_NPJ = _keypoints(maps, weighted_NPJS, places_S2)
    person_NP1 = _person_score(peak_NP, score_NPJ)
    keypoints_NPD = _reshape(ops.concat([
        ops.divide(keypoint_NPJ2, sides_2), ops.unsqueeze(score_NPJ, indices(3))], 3),
        1, MAX_PEOPLE, 3 * NUM_KEYPOINTS)
    return ops.concat([keypoints_NPD, ops.divide(first_NP2, sides_2),
                       ops.divide(last_NP2, sides_2), person_NP1], 2)


def _peaks(centre_N1HW: Node) -> tuple[Node, Node]:
    """Return the scores and positions of the highest local maxima."""
    score_N1HW, border = ops.sigmoid(centre_N1HW), [PEAK_WINDOW // 2] * 2
    highest_N1HW = ops.max_pool(
        score_N1HW, [1, 1], [1, 1], border, border, [PEAK_WINDOW] * 2).output(0)
    is_peak_N1HW = ops.less(ops.subtract(highest_N1HW, score_N1HW), constant(PEAK_TOLERANCE))
    peaks_N1S = _flat(ops.multiply(score_N1HW, ops.convert(is_peak_N1HW, 'f32')))
    return _highest(ops.squeeze(peaks_N1S, indices(1)), MAX_PEOPLE)


def _gaussian(guess_NPJ2: Node, places_S2: NDArray[np.float32], width: float) -> Node:
    """Return the weight of every position, by its distance to the regressed one."""
    offset_NPJS2 = ops.subtract(ops.unsqueeze(guess_NPJ2, indices(3)), constant(places_S2))
    distance_NPJS = ops.reduce_sum(ops.multiply(offset_NPJS2, offset_NPJS2), indices(4))
    return ops.exp(ops.divide(distance_NPJS, constant(-width)))


def _inside(first_NP2: Node, last_NP2: Node, places_S2: NDArray[np.float32]) -> Node:
    """Return 1 for the positions in the box of a person, 0 for others; (N, P, 1, S)."""
    places, first_NP12, last_NP12 = constant(places_S2), *(
        ops.unsqueeze(corner_NP2, indices(2)) for corner_NP2 in (first_NP2, last_NP2))
    inside_NPS2 = ops.logical_and(
        ops.greater_equal(places, first_NP12), ops.less(places, last_NP12))
    inside_NPS = ops.reduce_logical_and(inside_NPS2, indices(3))
    return ops.convert(ops.unsqueeze(inside_NPS, indices(2)), 'f32')


def _keypoints(
    maps: Mapping[str, Node], weighted_NPJS: Node, places_S2: NDArray[np.float32],
) -> tuple[Node, Node]:
    """Return places, in positions, and scores of all keypoints."""
    num_places = len(places_S2)
    _, at_NPJ1 = _highest(weighted_NPJS, 1)
    is_here_NPJS = _one_hot(at_NPJ1, num_places)
    # As in the original: where two people share a place, the score is that of the nearer one.
    shared_N1JS = ops.reduce_max(weighted_NPJS, indices(1), keep_dims=True)
    score_NPJ = ops.reduce_sum(ops.multiply(shared_N1JS, is_here_NPJS), indices(3))
    offset_NJ2S = _reshape(maps['keypoint_offset'], 1, NUM_KEYPOINTS, 2, num_places)
    offset_NJP2 = ops.matmul(
        ops.transpose(is_here_NPJS, indices(0, 2, 1, 3)), offset_NJ2S, False, True)
    at_NPJ = ops.squeeze(at_NPJ1, indices(3))
    place_NPJ2 = ops.add(
        _places(at_NPJ, places_S2), ops.transpose(offset_NJP2, indices(0, 2, 1, 3)))
    return place_NPJ2, score_NPJ


def _person_score(peak_NP: Node, score_NPJ: Node) -> Node:
    """Return the certainty of every person, (N, P, 1)."""
    counts_NPJ = ops.convert(ops.greater(score_NPJ, constant(LEAST_KEYPOINT_SCORE)), 'f32')
    total_NP = ops.reduce_sum(ops.multiply(score_NPJ, counts_NPJ), indices(2))
    number_NP = ops.maximum(ops.reduce_sum(counts_NPJ, indices(2)), constant(1))
    return ops.unsqueeze(
        ops.divide(ops.multiply(peak_NP, total_NP), number_NP), indices(2))


def _flat(map_NCHW: Node) -> Node:
    """Return maps_NCS."""
    _, channels, height, width = tuple(map_NCHW.output(0).shape)
    return _reshape(map_NCHW, 1, channels, height * width)


def _highest(x: Node, number: int) -> tuple[Node, Node]:
    """Return the highest values along the last axis, and where they are."""
    found = ops.topk(x, ops.constant(number), axis=-1, mode='max', sort='value')
    return found.output(0), found.output(1)


def _one_hot(at: Node, number: int) -> Node:
    """Return 1 at a position and 0 elsewhere, along the last axis."""
    return ops.convert(ops.equal(at, ops.constant(np.arange(number, dtype=np.int32))), 'f32')


def _places(at: Node, places_S2: NDArray[np.float32]) -> Node:
    """Return row and column of positions, on a last axis."""
    return ops.gather(constant(places_S2), at, ops.constant(0))


def _reshape(x: Node, *shape: int) -> Node:
    return ops.reshape(x, indices(*shape), special_zero=False)
