# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Exported ONNX files compared with PyTorch, by ONNX Runtime on this CPU.

Layout legend: N clips, L logits.
"""

from dataclasses import dataclass
from pathlib import Path

from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.backends.onnx.layout import network_file, part_file, PRECISIONS
from imrs_ros.backends.onnx.onnx_backend import OnnxModels
from imrs_ros.backends.onnx.sessions import CPU, OnnxSession
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import ClipNetwork
from imrs_ros.part_plan import BODY, PartPlan
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import torch

FLOAT32_BOUND = 1e-5
"""Largest difference of logits in float32, absolute or relative to the largest of them."""
PARTS = 'parts'
HOP = 3
"""Frames from one window to the next, where windows are scored in parts."""


@dataclass(frozen=True, slots=True)
class ParityRow:
    """How far the logits of one export are from those of PyTorch."""

    name: str
    """A precision of the whole network, or ``parts`` in one."""
    difference: float
    """The largest absolute difference."""
    bound: float
    """The largest that is accepted."""

    def __str__(self) -> str:
        """Return the row as a line of text."""
        word = 'within' if self.is_within else 'NOT WITHIN'
        return f'{self.name}: differs by {self.difference:.2g}, {word} {self.bound:.2g}'

    @property
    def is_within(self) -> bool:
        """Return whether it is accepted."""
        return self.difference <= self.bound


def compare(
    network: ClipNetwork, spec: InputSpec, folder: Path, float16_bound: float,
) -> list[ParityRow]:
    """
    Score random moving windows by ONNX Runtime and by PyTorch.

    :param network: in evaluation mode.
    :param spec: its input.
    :param folder: holds the ONNX files.
    :param float16_bound: the largest difference accepted in float16: that of the card.
    :return: a row for every precision that is there, of the whole network and of the parts.
    """
    shape = (spec.num_frames + 2 * HOP, spec.size_px, spec.size_px, len(spec.mean))
    frames_THWC = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    clips = [Clip('camera', frames_THWC[first:first + spec.num_frames], first, 0, '')
             for first in range(0, 2 * HOP + 1, HOP)]
    batch_NTHWC = np.stack([clip.frames_THWC for clip in clips])
    with torch.inference_mode():
        expected_NL = network(torch.from_numpy(batch_NTHWC)).numpy()
    float32_bound = FLOAT32_BOUND * max(1.0, float(np.abs(expected_NL).max()))
    bounds = {'float16': float16_bound, 'float32': float32_bound}
    found = {precision: _run_network(folder, precision, batch_NTHWC)
             for precision in PRECISIONS if (folder / network_file(precision)).is_file()}
    rows = [ParityRow(name, _distance(logits_NL, expected_NL), bounds[name])
            for name, logits_NL in found.items()]
    return [*rows, *(
        ParityRow(f'{PARTS} in {precision}', _distance(
            _run_parts(folder, precision, spec, clips), expected_NL), bounds[precision])
        for precision in PRECISIONS if (folder / part_file(BODY, precision)).is_file())]


def _distance(found_NL: NDArray[np.float32], expected_NL: NDArray[np.float32]) -> float:
    if found_NL.shape != expected_NL.shape or not np.isfinite(found_NL).all():
        return float('inf')
    return float(np.abs(found_NL.astype(np.float64) - expected_NL).max())


def _run_network(
    folder: Path, precision: str, batch_NTHWC: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """Score all clips together and each alone; return whichever differs more from the other."""
    session = OnnxSession(folder / network_file(precision), BackendSettings(), (CPU,))
    together_NL = session.run([batch_NTHWC])[0]
    alone_NL = np.concatenate([session.run([clip[None]])[0] for clip in batch_NTHWC])
    if together_NL.shape != alone_NL.shape or _distance(together_NL, alone_NL) > 0.01:
        return np.full_like(alone_NL, np.nan)
    return together_NL


def _run_parts(
    folder: Path, precision: str, spec: InputSpec, clips: list[Clip],
) -> NDArray[np.float32]:
    plan = PartPlan.load(folder)
    if not plan.parts:
        # All there is between the clip and the body is in float32.
        precision = 'float32'
    models = OnnxModels(plan, folder, BackendSettings(), precision)
    reuse = FrameReuse(
        plan, models, (spec.size_px, spec.size_px, len(spec.mean)), models.item_shapes)
    return np.concatenate([reuse.infer([clip]) for clip in clips])
