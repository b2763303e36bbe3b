# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Tiny models and synthetic video, shared by tests."""

from pathlib import Path

import cv2
from imrs_ros.model_card import Architecture, InputSpec
from imrs_ros.networks import build_network
import numpy as np
import torch
from training.model_folder.calibration import Calibration
from training.model_folder.writer import write_model_folder

TINY_SPEC = InputSpec(
    num_frames=16, fps=25.0, size_px=32, mean=(127.0,) * 3, std=(64.0,) * 3)
TINY_LABELS = ('wave', 'fall', 'lift')


def write_tiny_model(folder, labels=TINY_LABELS, seed=0, **changes):
    """
    Write a small random model.

    :param folder: the model folder to create.
    :param labels: class names.
    :param seed: seed of the random weights.
    :param changes: other arguments of ``write_model_folder``.
    :return: its card.
    """
    torch.manual_seed(seed)
    architecture = Architecture(
        name='resnet18', excitation='ce', excitation_stages=None, width=0.125)
    network = build_network(
        'resnet18', num_classes=len(labels), width=0.125, mean=TINY_SPEC.mean, std=TINY_SPEC.std)
    arguments = {
        'name': 'tiny', 'architecture': architecture, 'spec': TINY_SPEC, 'labels': labels,
        'calibration': Calibration(temperature=1.0),
        'state': network.state_dict(), 'dtype': torch.float32, 'provenance': {}}
    return write_model_folder(Path(folder), **{**arguments, **changes})


def write_video(path, num_frames=40, fps=25.0, size=(64, 48)):
    """
    Write a video of a bright square moving to the right.

    :param path: an .avi file.
    :param num_frames: number of frames.
    :param fps: frame rate, Hz.
    :param size: width and height, pixels.
    :return: the path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), fps, size)
    for i in range(num_frames):
        image = np.full((size[1], size[0], 3), 40, np.uint8)
        left = (i * 2) % (size[0] - 12)
        image[10:30, left:left + 12] = 220
        writer.write(image)
    writer.release()
    return path
