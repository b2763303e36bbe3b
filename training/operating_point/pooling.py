# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Pooled features: of a network that lies in no model folder yet, and of the start of a video.

Layout legend: M windows, D features.
"""

from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from imrs_ros.backends.openvino_backend import OpenVinoModels
from imrs_ros.backends.openvino_convert import convert_parts
from imrs_ros.images.preprocessing import shrink
from imrs_ros.model_card import InputSpec
from imrs_ros.networks.network_parts import NetworkParts
from imrs_ros.part_plan import LOGITS
from imrs_ros.settings import BackendSettings
from imrs_ros.teaching.pooling import WindowPooler
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_reader import read_on_grid


def pooler_of(parts: NetworkParts, spec: InputSpec) -> WindowPooler:
    """
    Compile a network's parts by OpenVINO.

    :param parts: whose body returns features_1D alone.
    :param spec: the network's input.
    :return: computes the features of windows.
    """
    with TemporaryDirectory() as folder:
        convert_parts(parts, spec, Path(folder))
        models = OpenVinoModels(parts.plan, Path(folder), BackendSettings())
    return WindowPooler(parts.plan, models, spec, LOGITS)


def pool_start(pooler: WindowPooler, path: Path, spec: InputSpec, hop: int, most: int,
               ) -> NDArray[np.float32]:
    """
    Pool the first windows of a video.

    :param pooler: computes the features.
    :param path: the file.
    :param spec: the network's input.
    :param hop: frames from one window to the next.
    :param most: windows.
    :return: features_MD; a video shorter than a window is repeated.
    :raises VideoError: when it cannot be read.
    """
    frames = [shrink(image_HWC, spec.size_px) for image_HWC in islice(
        read_on_grid(path, spec.fps), spec.num_frames + hop * (most - 1))]
    while len(frames) < spec.num_frames:
        frames += frames[:spec.num_frames - len(frames)]
    return np.stack([features_D for _, features_D in pooler.windows(frames, hop)])
