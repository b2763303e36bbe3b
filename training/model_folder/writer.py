# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Write a model folder: the weights and the card that describes them."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imrs_ros.architectures.fit import COUNTER_SUFFIX
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import (
    Architecture, CARD_FORMAT, InputSpec, ModelCard, NoneScoreSpec, PoseSpec)
from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.weights import FINDER, load_network, NONE_SCORE, PICTURE
from imrs_ros.teaching.card_writer import write_card, write_golden
import torch
from training.model_folder.calibration import Calibration

DTYPES = {'float16': torch.float16, 'float32': torch.float32}
"""Number formats of stored weights."""


def input_spec(
    network: ClipNetwork, *, num_frames: int, fps: float, size_px: int,
) -> InputSpec:
    """
    Return the card's description of a network's input.

    :param network: holds its normalisation.
    :param num_frames: frames of a clip.
    :param fps: rate of the time grid, Hz.
    :param size_px: side of the frames.
    :return: the card's entry ``input``.
    """
    return InputSpec(
        num_frames=num_frames, fps=fps, size_px=size_px, mean=tuple(network.mean.tolist()),
        std=tuple(network.std.tolist()))


def write_model_folder(
    folder: Path,
    *,
    name: str,
    architecture: Architecture,
    spec: InputSpec,
    labels: tuple[str, ...],
    calibration: Calibration,
    state: Mapping[str, torch.Tensor],
    dtype: torch.dtype,
    provenance: Mapping[str, Any],
    none_score: NoneScoreSpec | None = None,
    pose: PoseSpec | None = None,
) -> ModelCard:
    """
    Write ``model.safetensors`` and ``model.yaml``.

    :param folder: created where missing; files of the same name are replaced.
    :param name: the model's name.
    :param architecture: how to build the network.
    :param spec: the network's input.
    :param labels: class names in the order of the logits.
    :param calibration: temperature and thresholds.
    :param state: the network's state dict.
    :param dtype: number format of the stored weights, but for the score of none.
    :param provenance: plain values, for people to read.
    :param none_score: how the network scores none of its classes; None if it does not.
    :param pose: its pose stream, where it has one; the weights of other models are left out.
    :return: the card, read back and checked.
    """
    extra = {name: asdict(spec) for name, spec in (('pose', pose), ('none_score', none_score))
             if spec is not None}
    # Distances are differences of large numbers: half precision would change them.
    weights = {key: tensor.to(torch.float32 if key.startswith(NONE_SCORE) else dtype).numpy()
               for key, tensor in state.items()
               if not key.endswith(COUNTER_SUFFIX)
               and not (pose is not None and key.startswith((PICTURE, FINDER)))}
    return write_card(folder, weights, {
        'format': CARD_FORMAT, 'name': name, 'network': asdict(architecture),
        'input': asdict(spec), 'labels': labels,
        'calibration': {'temperature': calibration.temperature},
        'decision': asdict(calibration.operating_point), **extra,
        'weights': {'dtype': str(dtype).removeprefix('torch.')}}, provenance)


def add_golden_scores(folder: Path) -> ModelCard:
    """
    Add the network's float32 scores of the golden clips to a card.

    :param folder: a model folder; earlier scores are replaced.
    :return: the card, read back and checked.
    """
    card = ModelCard.load(folder)
    spec = card.spec
    clips_NTHWC = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))
    with torch.inference_mode():
        logits_NK = load_network(card)(torch.from_numpy(clips_NTHWC))
    if not logits_NK.isfinite().all():
        # No backend accepts such a network; loading it reports why.
        return card
    return write_golden(folder, clips_NTHWC, logits_NK.numpy())
