"""
Video files and live sources to stamped RGB frames; for demo, evaluation and training.

Start at ``reader``. It may import NumPy, OpenCV and PyAV alone. The node reads no video files.
"""

from imrs_ros.video.decoder import VideoError
from imrs_ros.video.live import live_address, public_address, read_live
from imrs_ros.video.reader import read_video, StampedImage, SUFFIXES
from imrs_ros.video.timeline import Timeline, video_timeline

__all__ = ['live_address', 'public_address', 'read_live', 'read_video', 'StampedImage', 'SUFFIXES',
           'Timeline', 'video_timeline', 'VideoError']
