# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The model folder of a network that was taught: written, converted and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
import shutil
from typing import Any

from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_export import cache_beside, export_values, find_or_export
from imrs_ros.backends.openvino_graphs.files import save_graph
from imrs_ros.backends.openvino_graphs.last_layers import with_last_layers
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import CARD_FORMAT, ModelCard
from imrs_ros.part_plan import BODY
from imrs_ros.settings import OperatingPoint
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.card_writer import new_model_folder, write_card, write_golden
from imrs_ros.teaching.footage import TeachingError
from imrs_ros.teaching.last_layers import LAST, LastLayers, NONE
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import Base
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file

STILL_DIMS = {'lite0': 1728}
"""Features, the first ones, that say how the scene looks; other networks have none of their own:
the time they are averaged over is part of them."""


def read_layers(card: ModelCard) -> LastLayers:
    """
    Read the last layers of a model.

    :param card: the model.
    :return: the layers.
    :raises TeachingError: when it cannot be taught.
    """
    if card.pose is not None:
        raise TeachingError(
            f'{card.folder}: expected a model of the whole picture alone, got one with a pose '
            f'stream; teach its network of the picture, {card.pose.picture.model}')
    try:
        layers = LastLayers.from_tensors(load_file(card.weights_path))
    except (SafetensorError, KeyError, OSError) as error:
        raise TeachingError(f'{card.weights_path}: expected the weights of a network with last '
                            f'layers, got: {error}') from error
    # The taught model's temperature is 1.
    return replace(layers, weight_KD=layers.weight_KD / card.temperature,
                   bias_K=layers.bias_K / card.temperature)


def base_of(card: ModelCard, kept: Sequence[str]) -> Base:
    """
    Return the network of a model as it is taught.

    :param card: the model.
    :param kept: labels of the classes that stay, in their order.
    :return: the network, with these classes.
    :raises TeachingError: when it cannot be taught.
    """
    point = card.operating_point
    return Base(
        layers=read_layers(card).of_classes([card.labels.index(label) for label in kept]),
        still_dim=STILL_DIMS.get(card.architecture.name, 0), spec=card.spec,
        operating_point=replace(point, class_thresholds={
            label: threshold for label, threshold in point.class_thresholds.items()
            if label in kept}))


def write_model(
    base: ModelCard, out: Path, labels: tuple[str, ...], layers: LastLayers,
    operating_point: OperatingPoint, provenance: Mapping[str, Any], pooler: WindowPooler,
    bank: Bank,
) -> ModelCard:
    """
    Write the folder of a taught model, with its converted network.

    :param base: the model whose network it uses.
    :param out: the folder.
    :param labels: of all classes, in the order of the logits.
    :param layers: of these classes, with a score of none.
    :param operating_point: thresholds.
    :param provenance: how it was made and what it reached, for people.
    :param pooler: of the network.
    :param bank: of its clips, so that it can be taught more.
    :return: the card.
    :raises ValueError: when ``out`` holds anything but an earlier model.
    :raises OSError: when it cannot be written.
    """
    assert layers.none is not None
    old = load_file(base.weights_path)
    dtype = old['fc.weight'].dtype
    own = {name: array.astype(dtype) if name.startswith(LAST) else array
           for name, array in layers.tensors().items()}
    weights = {name: array for name, array in old.items() if not name.startswith((LAST, NONE))}
    with new_model_folder(out) as new:
        card = write_card(new, weights | own, {
            'format': CARD_FORMAT, 'name': out.resolve().name,
            'network': asdict(base.architecture), 'input': asdict(base.spec), 'labels': labels,
            'calibration': {'temperature': 1.0}, 'decision': asdict(operating_point),
            'none_score': {'num_components': len(layers.none.whiten_PD)},
            'weights': {'dtype': str(dtype)}}, provenance)
        stored = LastLayers.from_tensors(load_file(card.weights_path))
        clips_NTHWC = golden_clips(base.spec.num_frames, base.spec.size_px, len(base.spec.mean))
        card = write_golden(new, clips_NTHWC, stored.classify(pooler.clips(clips_NTHWC)))
        bank.save(card, f'{base.name}, and what {out.name} was taught')
        converted, _ = find_or_export(base)
        cache_beside(new).make(
            export_values(card), partial(_convert, converted, stored))
    return ModelCard.load(out)


def _convert(converted: Path, layers: LastLayers, folder: Path, _lock: int) -> None:
    """Copy a converted network with other last layers into an unfinished cache entry."""
    plan_and_parts = [path for path in converted.iterdir() if path.stem not in (BODY, 'manifest')]
    for path in plan_and_parts:
        shutil.copyfile(path, folder / path.name)
    body = with_last_layers(
        openvino_core().read_model(converted / f'{BODY}.xml'), _single(layers.scale_D),
        _single(layers.shift_D), layers.tensors())
    save_graph(body, folder / f'{BODY}.xml')


def _single(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return values.astype(np.float32)
