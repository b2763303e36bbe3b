# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The 3D CNNs, the people finder and the pose stream in PyTorch, their weights, and their parts.

A part is what windows that share frames compute once.

Start at ``build``. It may import PyTorch, ``model_card`` and ``part_plan``.
"""

from imrs_ros.networks.build import build_network, NETWORKS
from imrs_ros.networks.checkpoints import load_checkpoint, load_published, LoadReport
from imrs_ros.networks.clip_network import ClipNetwork
from imrs_ros.networks.published import MARS, NORMALISATIONS, read_published
from imrs_ros.networks.video_network import VideoNetwork

__all__ = ['build_network', 'ClipNetwork', 'load_checkpoint', 'load_published', 'LoadReport',
           'MARS', 'NETWORKS', 'NORMALISATIONS', 'read_published', 'VideoNetwork']
