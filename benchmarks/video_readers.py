# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Speed of the video reader against OpenCV: ``python benchmarks/video_readers.py <folder>``.

Both read the same clips in one process, in turn; ratios above 1 mean that OpenCV is faster.
"""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
import statistics
import time

import cv2
from imrs_ros.video import read_video, video_timeline
from imrs_ros.video.decoder import open_video

NUM_PART = 16
"""Frames of a part, read from the middle of a clip."""


def opencv(path: Path, first: int, count: int, to_rgb: bool) -> int:
    """
    Read frames with OpenCV.

    :param path: the clip.
    :param first: index of the first frame.
    :param count: number of frames.
    :param to_rgb: whether to convert.
    :return: number of frames read.
    """
    capture = cv2.VideoCapture(str(path))
    if first:
        capture.set(cv2.CAP_PROP_POS_FRAMES, first)
    num_read = 0
    while num_read < count:
        is_read, image_BGR = capture.read() if to_rgb else (capture.grab(), None)
        if not is_read:
            break
        if image_BGR is not None:
            cv2.cvtColor(image_BGR, cv2.COLOR_BGR2RGB)
        num_read += 1
    capture.release()
    return num_read


def decode(path: Path) -> int:
    """
    Decode a clip with PyAV, without conversion.

    :param path: the clip.
    :return: number of frames.
    """
    with open_video(path) as decoder:
        return sum(1 for _ in decoder.frames())


def read(path: Path, first: int, count: int) -> int:
    """
    Read frames as the package does.

    :param path: the clip.
    :param first: index of the first frame.
    :param count: number of frames.
    :return: number of frames read.
    """
    return sum(1 for _ in read_video(path, first, count))


def ratio(ours: Callable[[], int], theirs: Callable[[], int]) -> float:
    """
    Compare two readers.

    :param ours: one reader.
    :param theirs: the other.
    :return: time of the first by that of the second.
    """
    times_sec = []
    for reader in (ours, theirs):
        start_sec = time.perf_counter()
        reader()
        times_sec.append(time.perf_counter() - start_sec)
    return times_sec[0] / times_sec[1]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Speed of the video reader against OpenCV.')
    parser.add_argument('folder', type=Path)
    parser.add_argument('--clips', type=int, default=20)
    options = parser.parse_args()
    found = sorted(options.folder.rglob('*.mp4')) + sorted(options.folder.rglob('*.avi'))
    clips = found[::max(1, len(found) // options.clips)]
    ratios: dict[str, list[float]] = {'decode': [], 'whole clip': [], 'part': []}
    for clip in clips:
        num = video_timeline(clip).num_frames
        middle = max(0, num // 2 - NUM_PART)
        ratios['decode'].append(
            ratio(partial(decode, clip), partial(opencv, clip, 0, num, False)))
        for name, first, count in (('whole clip', 0, num), ('part', middle, NUM_PART)):
            ratios[name].append(ratio(
                partial(read, clip, first, count), partial(opencv, clip, first, count, True)))
    for name, values in ratios.items():
        print(f'{name:10} PyAV / OpenCV, median of {len(values)} clips: '
              f'{statistics.median(values):.2f}')


if __name__ == '__main__':
    main()
