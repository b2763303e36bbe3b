# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
One video to frames and optical flow on disk.

Layout legend: H height, W width, C channels.
"""

from collections.abc import Iterable
from pathlib import Path

import cv2
from imrs_ros.atomic_file import replace_folder
from imrs_ros.video import video_timeline, VideoError
import numpy as np
from numpy.typing import NDArray
from training.clips.clip_reader import read_on_grid
from training.clips.extract_settings import ExtractSettings
from training.clips.frame_store import flow_path, frame_path
from training.clips.optical_flow import flow_to_uint8, make_flow


def extract_video(video: Path, folder: Path, settings: ExtractSettings) -> None:
    """
    Write the frames and the flow of one video; the folder appears once all are written.

    :param video: the file.
    :param folder: where to write.
    :param settings: sizes, rate, flow.
    :raises VideoError: when the video cannot be read, or is too short for flow.
    :raises OSError: when writing fails.
    """
    timeline = video_timeline(video)
    count = length = timeline.num_frames
    if settings.max_sec is not None:
        count = min(length, round(settings.max_sec * timeline.fps))
    images = read_on_grid(
        video, settings.fps, (length - count) // 2, None if count == length else count)
    with replace_folder(folder, flush=False) as new:
        num_frames = _write_video(images, new, settings)
        if settings.flow is not None and num_frames < 2:
            raise VideoError(f'{video}: expected at least two frames for flow, got {num_frames}')


def _write_video(
    images_HWC: Iterable[NDArray[np.uint8]], folder: Path, settings: ExtractSettings,
) -> int:
    """Write all frames, and the flow from each to the next; return the number of frames."""
    method = settings.flow
    flow = make_flow(method) if method else None
    before_HW: NDArray[np.uint8] | None = None
    count = 0
    for image_HWC in images_HWC:
        height, width = image_HWC.shape[:2]
        frame = _resize(image_HWC, settings.frame_size(width, height))
        _write(frame_path(folder, count), cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), settings)
        if flow and method:
            small = _resize(image_HWC, settings.flow_size(width, height))
            grey_HW = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
            if before_HW is not None:
                flow_HW2 = flow_to_uint8(flow(before_HW, grey_HW))
                for axis, component_HW in zip('xy', cv2.split(flow_HW2)):
                    path = flow_path(folder, method, axis, count - 1)
                    _write(path, component_HW, settings)
            before_HW = grey_HW
        count += 1
    return count


def _resize(image_HWC: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    height, width = image_HWC.shape[:2]
    if (width, height) == size:
        return image_HWC
    shrinks = size[0] <= width and size[1] <= height
    return np.asarray(cv2.resize(
        image_HWC, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8)


def _write(path: Path, image: np.ndarray, settings: ExtractSettings) -> None:
    _, data = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, settings.jpeg_quality])
    # Unlike cv2.imwrite, write_bytes says why it fails.
    path.write_bytes(data.tobytes())
