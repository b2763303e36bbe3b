# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The parts of a lite0 in int8: what a frame costs most, quantised by what training clips show.

What needs all frames stays in float32: means of small differences, distances and exponentials. So
do the first and the last convolutions of the frame part: quantised, too, they make the error of
the maps 2.5 times as large (ucf10, validation clips).

Layout legend: N clips, T frames, H height, W width, C channels.
"""

from collections.abc import Iterable, Sequence
import logging
from pathlib import Path
from typing import Any, TypeAlias

from imrs_ros.backends.openvino_core import openvino_core
import numpy as np
from numpy.typing import NDArray
import openvino

MAPS, LOOKS = 'maps', 'looks'
"""The parts that are quantised."""
NUM_FLOAT_ENDS = 3
"""Convolutions at each end of the frame part that stay in float32."""
LOOK_FRAMES = (2, 6, 10, 14)
"""Frames of a clip whose looks are computed."""
CONVOLUTIONS = ('Convolution', 'GroupConvolution')
Inputs: TypeAlias = list[NDArray[Any]]


def quantise_lite0(converted: Path, clips_NTHWC: NDArray[np.uint8], out: Path) -> None:
    """
    Write the parts of a converted lite0 in int8.

    :param converted: holds ``maps.xml`` and ``looks.xml``, in float32.
    :param clips_NTHWC: what the network saw in training; they set the ranges of values.
    :param out: an existing folder; gets files of the same names.
    :raises RuntimeError: when nncf is not installed.
    """
    core = openvino_core()
    maps, looks = (core.read_model(converted / f'{name}.xml') for name in (MAPS, LOOKS))
    frames = [[clip[frame][None]] for i, clip in enumerate(clips_NTHWC)
              for frame in (i % clips_NTHWC.shape[1], (7 * i + 5) % clips_NTHWC.shape[1])]
    infer = core.compile_model(maps, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})
    looked_at = [[infer(clip[LOOK_FRAMES[i % len(LOOK_FRAMES)]][None])[0].copy()]
                 for i, clip in enumerate(clips_NTHWC)]
    names = [node.get_friendly_name() for node in maps.get_ordered_ops()
             if node.get_type_name() in CONVOLUTIONS]
    for model, inputs, kept in (
            (maps, frames, names[:NUM_FLOAT_ENDS] + names[-NUM_FLOAT_ENDS:]),
            (looks, looked_at, [])):
        name = MAPS if model is maps else LOOKS
        openvino.save_model(
            _quantise(model, inputs, kept), out / f'{name}.xml', compress_to_fp16=False)


def _quantise(model: openvino.Model, inputs: Sequence[Inputs], kept: Iterable[str],
              ) -> openvino.Model:
    try:
        import nncf
        from nncf.quantization.advanced_parameters import (
            AdvancedQuantizationParameters, OverflowFix)
    except ImportError as error:
        raise RuntimeError(
            f'quantising needs nncf, which cannot be imported: {error}; install '
            'requirements/train.txt') from error
    # Else it lists every layer that is left out.
    nncf.set_log_level(logging.ERROR)
    return nncf.quantize(
        model, nncf.Dataset(inputs), subset_size=len(inputs), preset=nncf.QuantizationPreset.MIXED,
        fast_bias_correction=False, ignored_scope=nncf.IgnoredScope(names=list(kept)),
        # Sums of two products of 8 bits saturate on processors without VNNI.
        advanced_parameters=AdvancedQuantizationParameters(overflow_fix=OverflowFix.ENABLE))
