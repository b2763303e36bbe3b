# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Windows of random cameras, and small networks that score them."""

from hypothesis import strategies as st
from imrs_ros.networks import build_network
from imrs_ros.records import Clip
import numpy as np
import torch

SIZE_PX = 32
# Inputs of unit scale: where float32 itself keeps the whole network within 1e-6 of float64.
NORMAL = {'mean': (127.0,) * 3, 'std': (64.0,) * 3}
NETWORKS = [('resnet18', {'width': 0.125, **NORMAL}), ('resnext50', {'width': 0.25, **NORMAL}),
            ('lite0', {})]
STEPS = st.lists(st.tuples(st.sampled_from(['front', 'rear']), st.sampled_from(
    [1, 1, 1, 2, 3, 4, 8, 16, 21, 'gap', 'same numbers', 'again'])), min_size=2, max_size=6)
"""What happens to one of two cameras before both are scored: so many new frames, or worse."""


def small_network(name, num_classes=5, **options):
    """Return a network whose running statistics are not those that it starts with."""
    torch.manual_seed(0)
    network = build_network(name, num_classes=num_classes, **options).eval().requires_grad_(False)
    for module in network.modules():
        if hasattr(module, 'running_var'):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    return network


class Camera:
    """Random frames, numbered as a camera's ring numbers them."""

    def __init__(self, name, seed, num_frames=16):
        self._rng, self.name, self.num_frames = np.random.default_rng(seed), name, num_frames
        self.frames, self.num_appended = [], 0

    def append(self, number=1):
        for _ in range(number):
            self.frames.append(self._rng.integers(0, 256, (SIZE_PX, SIZE_PX, 3), np.uint8))
            self.frames = self.frames[-self.num_frames:]
            self.num_appended += 1

    def gap(self):
        self.frames = []

    def window(self):
        if len(self.frames) < self.num_frames:
            return None
        return Clip(self.name, np.stack(self.frames), self.num_appended - self.num_frames, 1, '')


def windows_of(steps, seed):
    """Yield the windows of two cameras, together, after each of ``STEPS``."""
    cameras = {name: Camera(name, seed + i) for i, name in enumerate(('front', 'rear'))}
    for camera in cameras.values():
        camera.append(16)
    for name, step in steps:
        camera = cameras[name]
        if step == 'gap':
            camera.gap()
            camera.append(16)
        elif step == 'same numbers':
            camera.num_appended -= 16
            camera.append(16)
        elif step != 'again':
            camera.append(step)
        yield [camera.window() for camera in cameras.values()]
