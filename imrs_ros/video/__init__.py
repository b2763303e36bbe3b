# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Video files and live sources to stamped RGB frames; for demo, evaluation and training.

Start at ``reader``. It may import NumPy, OpenCV, PyAV and ``atomic_file`` alone. The node reads
no video files.
"""

from imrs_ros.video.decoder import VideoError
from imrs_ros.video.folder import video_files
from imrs_ros.video.live import live_address, public_address, read_live
from imrs_ros.video.reader import read_video, StampedImage, SUFFIXES
from imrs_ros.video.timeline import Timeline, video_timeline

__all__ = ['live_address', 'public_address', 'read_live', 'read_video', 'StampedImage', 'SUFFIXES',
           'Timeline', 'video_files', 'video_timeline', 'VideoError']
