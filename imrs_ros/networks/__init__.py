"""
The 3D CNNs in PyTorch, their weights, and the parts whose work windows share.

Start at ``build``. It may import PyTorch, ``model_card`` and ``part_plan``.
"""

from imrs_ros.networks.build import build_network, NETWORKS
from imrs_ros.networks.checkpoints import load_published, LoadReport
from imrs_ros.networks.video_network import VideoNetwork

__all__ = ['build_network', 'load_published', 'LoadReport', 'NETWORKS', 'VideoNetwork']
