"""The 3D CNNs: made by name, loaded from published checkpoints."""

from imrs_ros.networks.build import build_network, NETWORKS
from imrs_ros.networks.checkpoints import load_published, LoadReport
from imrs_ros.networks.video_network import VideoNetwork

__all__ = ['build_network', 'load_published', 'LoadReport', 'NETWORKS', 'VideoNetwork']
