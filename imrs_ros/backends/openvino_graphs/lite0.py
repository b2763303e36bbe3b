# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
lite0 as OpenVINO graphs: the functions of ``networks.lite0``, cut as in ``networks.lite0_parts``.

``test/backends/openvino_graphs/test_lite0_graph.py`` holds that they give the same numbers.
Normalisations are folded into the convolutions before them.

Layout legend: N frames, T frames of a clip, C channels, H height, W width, D features, L logits.
"""

from collections.abc import Mapping
from pathlib import Path

from imrs_ros.architectures.excitation import check_kind, excited_stages
from imrs_ros.architectures.fit import check_fit
from imrs_ros.architectures.lite0 import (
    BLOCKS, BlockShape, BN_EPS, CHANGE_LAGS, check_num_frames, check_width, FIRST_LOOK,
    lite0_plan, LOOK_EVERY, LOOKS, MAPS, MOVING_DIM, NUM_FRAME_BLOCKS, NUM_HEAD_CHANNELS,
    NUM_STEM_CHANNELS, STAGES, STILL_DIM)
from imrs_ros.backends.openvino_graphs.files import save_graph
from imrs_ros.backends.openvino_graphs.graph_weights import Array64, GraphWeights
from imrs_ros.backends.openvino_graphs.last_layers import classify, NUM_EVIDENCE
from imrs_ros.backends.openvino_graphs.layers import (
    constant, convolve, indices, items, mean, Node, relu6)
from imrs_ros.backends.openvino_graphs.motion import pool_motion
from imrs_ros.model_card import InputSpec, ModelCard, ModelCardError
from imrs_ros.part_plan import BODY
import numpy as np
import openvino
from openvino import opset13 as ops

FEATURE_DIM = STILL_DIM + MOVING_DIM
"""D, pooled features."""


def has_lite0_graph(card: ModelCard) -> bool:
    """
    Return whether a model is written as a graph, and not converted by PyTorch.

    :param card: the model.
    :return: true for a lite0 of the whole picture alone.
    """
    return card.architecture.name == 'lite0' and card.pose is None


def write_lite0(card: ModelCard, folder: Path) -> None:
    """
    Write an OpenVINO model for every part, and the plan.

    :param card: a lite0.
    :param folder: gets ``plan.json``, and .xml and .bin for every part.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    """
    for name, model in lite0_graphs(card).items():
        save_graph(model, folder / f'{name}.xml')
    lite0_plan(card.spec.num_frames).save(folder)


def lite0_graphs(card: ModelCard) -> dict[str, openvino.Model]:
    """
    Build the graphs of all parts.

    :param card: a lite0.
    :return: ``maps``, ``looks`` and ``body``, whose outputs are logits_1L and features_1D.
    :raises ModelCardError: when the weights do not fit the card.
    """
    architecture = card.architecture
    try:
        check_kind(architecture.excitation)
        stages = excited_stages('lite0', STAGES, architecture.excitation_stages)
        check_width(architecture.width)
        check_num_frames(card.spec.num_frames)
    except ValueError as error:
        raise ModelCardError(f'{card.folder}: {error}') from error
    weights = GraphWeights(card.weights_path)
    maps = _maps(weights, card.spec)
    map_shape = tuple(maps.output(0).shape)
    excitations = {stage: architecture.excitation if stage in stages else 'none'
                   for stage in STAGES}
    graphs = {MAPS: maps, LOOKS: _looks(weights, map_shape),
              BODY: _body(weights, card, map_shape, excitations)}
    check_fit(card, weights.expected, weights.found)
    return graphs


def _maps(weights: GraphWeights, spec: InputSpec) -> openvino.Model:
    """Build ``Lite0.frame_part``."""
    frames_NHWC = ops.parameter([1, spec.size_px, spec.size_px, len(spec.mean)], np.uint8)
    x = ops.divide(ops.subtract(ops.convert(frames_NHWC, 'f32'), constant(spec.mean)),
                   constant(spec.std))
    x = ops.transpose(x, indices(0, 3, 1, 2))
    stem = weights.take_normalised(
        'conv_stem', 'bn0', (NUM_STEM_CHANNELS, len(spec.mean), 3, 3), BN_EPS)
    x = relu6(convolve(x, *stem, stride=2))
    for number, shape in enumerate(BLOCKS[:NUM_FRAME_BLOCKS]):
        x = _block(weights, f'blocks.{number}', shape, x)
    return openvino.Model([x], [frames_NHWC], MAPS)


def _looks(weights: GraphWeights, map_shape: tuple[int, ...]) -> openvino.Model:
    """Build ``Lite0.look``."""
    maps_NCHW = x = ops.parameter(map_shape, np.float32)
    for number, shape in enumerate(BLOCKS[NUM_FRAME_BLOCKS:], NUM_FRAME_BLOCKS):
        x = _block(weights, f'blocks.{number}', shape, x)
    head = weights.take_normalised(
        'conv_head', 'bn1', (NUM_HEAD_CHANNELS, BLOCKS[-1].num_out, 1, 1), BN_EPS)
    return openvino.Model([mean(relu6(convolve(x, *head)), 2, 3)], [maps_NCHW], LOOKS)


def _block(weights: GraphWeights, name: str, shape: BlockShape, x_NCHW: Node) -> Node:
    """Apply ``networks.lite0.InvertedResidual``."""
    hidden, size, out = shape.num_hidden, shape.kernel_size, x_NCHW
    if shape.has_expansion:
        out = relu6(convolve(out, *weights.take_normalised(
            f'{name}.expand_conv', f'{name}.bn0', (hidden, shape.num_in, 1, 1), BN_EPS)))
    out = relu6(convolve(out, *weights.take_normalised(
        f'{name}.depthwise_conv', f'{name}.bn1', (hidden, 1, size, size), BN_EPS),
        stride=shape.stride, is_depthwise=True))
    out = convolve(out, *weights.take_normalised(
        f'{name}.project_conv', f'{name}.bn2', (shape.num_out, hidden, 1, 1), BN_EPS))
    return ops.add(out, x_NCHW) if shape.has_shortcut else out


def _body(
    weights: GraphWeights, card: ModelCard, map_shape: tuple[int, ...],
    excitations: Mapping[int, str],
) -> openvino.Model:
    """Build the rest: the pooled features, and the last layers."""
    num_frames = card.spec.num_frames
    maps_TCHW = ops.parameter([num_frames, *map_shape[1:]], np.float32)
    looks_TD = ops.parameter([num_frames, NUM_HEAD_CHANNELS], np.float32)
    changes = {lag: ops.subtract(items(maps_TCHW, lag, num_frames),
                                 items(maps_TCHW, 0, num_frames - lag)) for lag in CHANGE_LAGS}
    features = [mean(items(looks_TD, FIRST_LOOK, num_frames, LOOK_EVERY), 0, keep_dims=True)]
    for change_TCHW in changes.values():
        change_1CHW = mean(ops.abs(change_TCHW), 0, keep_dims=True)
        features += [mean(change_1CHW, 2, 3), ops.reduce_max(change_1CHW, indices(2, 3))]
    features.append(pool_motion(weights, changes[1], excitations))
    features_1D = ops.concat(features, axis=1)
    logits_1L = classify(features_1D, *weights.take_norm('norm', FEATURE_DIM),
                         _last_weights(weights, card))
    return openvino.Model([logits_1L, features_1D], [maps_TCHW, looks_TD], BODY)


def _last_weights(weights: GraphWeights, card: ModelCard) -> dict[str, Array64]:
    """Take the weights of last layer and score of none."""
    num_classes = len(card.labels)
    shapes: dict[str, tuple[int, ...]] = {
        'fc.weight': (num_classes, FEATURE_DIM), 'fc.bias': (num_classes,)}
    if card.none_score is not None:
        num_components = card.none_score.num_components
        shapes |= {
            'none_score.extra.weight': (1, FEATURE_DIM), 'none_score.extra.bias': (1,),
            'none_score.whiten.weight': (num_components, FEATURE_DIM),
            'none_score.whiten.bias': (num_components,),
            'none_score.centres_KP': (num_classes, num_components),
            'none_score.evidence.weight': (1, NUM_EVIDENCE), 'none_score.evidence.bias': (1,)}
    return {name: weights.take(name, *shape) for name, shape in shapes.items()}
