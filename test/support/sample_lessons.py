# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Features, layers, banks and videos for the tests of teaching."""

import cv2
from imrs_ros.records import NO_ACTION
from imrs_ros.teaching.bank import Bank
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.last_layers import LastLayers, NoneLayer
import numpy as np

DIM = 12


def centre_of(number, dim=DIM):
    """Return features in which a class lies that differ from those of any other number."""
    return np.random.default_rng(1000 + number).normal(0, 3, dim)


def clip(label, number, group, windows=4, seed=0, dim=DIM, spread=0.3):
    """Return an example about the centre of a number."""
    noise = np.random.default_rng(seed).normal(0, spread, (windows, dim))
    return ClipFeatures(
        label=label, group=group, name=f'{label} {group}',
        features_ND=(centre_of(number, dim) + noise).astype(np.float32))


def clips(label, number, count, prefix='', windows=4, dim=DIM):
    """Return examples, each in a group of its own."""
    return tuple(clip(label, number, f'{prefix}{label} {i}', windows, 100 * number + i, dim)
                 for i in range(count))


def layers(num_classes, dim=DIM, components=3, seed=0):
    """Return random layers; without components, without a score of none."""
    rng = np.random.default_rng(seed)
    return LastLayers(
        scale_D=rng.uniform(0.5, 2, dim), shift_D=rng.normal(size=dim),
        weight_KD=rng.normal(size=(num_classes, dim)), bias_K=rng.normal(size=num_classes),
        none=None if not components else NoneLayer(
            extra_1D=rng.normal(size=(1, dim)), extra_bias=0.3,
            whiten_PD=rng.normal(size=(components, dim)),
            whiten_bias_P=rng.normal(size=components),
            centres_KP=rng.normal(size=(num_classes, components)),
            evidence_E=np.array([0.5, 0.7, 0.2]), evidence_bias=-0.1))


def bank_of(labels, dim=DIM, sources=3, others=2, windows=4):
    """Return a bank of a few clips of every class, and of other actions."""
    return Bank(
        tuple(each for number, label in enumerate(labels)
              for each in clips(label, number, 3, 'learnt ', 1, dim)),
        tuple(each for number, label in enumerate(labels)
              for each in clips(label, number, 2, 'unseen ', windows, dim)),
        tuple(clip(NO_ACTION, 50 + source, f'source {source}', windows, i, dim)
              for source in range(sources) for i in range(others)))


def write_action(path, kind=0, seed=0, num_frames=40, fps=25.0, size=(64, 48), speed=2):
    """
    Write a video of a square that moves, or of noise.

    :param path: an .avi file.
    :param kind: 0 for a square that moves across, 1 for one that moves down, 2 for noise.
    :param seed: of brightness and place.
    :param speed: pixels per frame.
    :return: the path.
    """
    rng = np.random.default_rng(seed)
    left, top, bright = rng.integers(0, 20), rng.integers(0, 15), rng.integers(150, 250)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), fps, size)
    for i in range(num_frames):
        image = np.full((size[1], size[0], 3), 40, np.uint8)
        x = left + (speed * i) % 30 if kind == 0 else left
        y = top + (speed * i) % 20 if kind == 1 else top
        image[y:y + 10, x:x + 12] = bright
        if kind == 2:
            image = rng.integers(0, 255, image.shape, np.uint8)
        writer.write(image)
    writer.release()
    return path
