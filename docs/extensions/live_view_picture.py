# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Make the moving picture of the README: the real live view of a real recogniser.

    AMENT_PREFIX_PATH=$PWD/.venv RMW_IMPLEMENTATION=rmw_fastrtps_cpp \
        .venv/bin/python docs/extensions/live_view_picture.py

Footage that may be shown is cut in two. From the first part, two actions are taught on top of
those that ship: to stand at the table, from one person, and to sign, from ten signs. The second
part is played: another person at the same table, and ten other signs of the same signer.
"""

import argparse
from collections.abc import Iterator, Sequence
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
from tempfile import TemporaryDirectory

from imrs_ros.demo.sources import data_folder
from imrs_ros.node.clips.video_file import VideoFile
from imrs_ros.video import read_video
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import sync_playwright

CORRIDOR = 'sample-videos/one-by-one-person-detection.mp4'
EMPTY_SEC, TABLE_SEC, PLAYED_SEC = (0.0, 6.0), (9.0, 18.0), (19.0, 30.0)
"""Of the corridor: nobody there, the first person at the table, and what is played."""
EXAMPLE_SEC = 1.5
SIZE_PX = (1000, 600)
NUM_PICTURES, PICTURE_SEC = 90, 0.2
NS_PER_SEC = 1_000_000_000


def frames(path: Path, begin_sec: float = 0.0, end_sec: float = float('inf'),
           ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """
    Read a part of a video.

    :param path: the file.
    :param begin_sec: start.
    :param end_sec: end.
    :return: times, ns, and RGB images.
    """
    for frame in read_video(path):
        if begin_sec * NS_PER_SEC <= frame.stamp_ns < end_sec * NS_PER_SEC:
            yield frame.stamp_ns, frame.image_HWC


def widen(image_HWC: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """
    Put black bars beside an image.

    :param image_HWC: RGB, no wider than 16:9.
    :return: an image of 16:9.
    """
    height, width = image_HWC.shape[:2]
    bar = (height * 16 // 9 - width) // 2
    return np.pad(image_HWC, ((0, 0), (bar, bar), (0, 0)))


def write(out: Path, parts: Sequence[Iterator[tuple[int, NDArray[np.uint8]]]]) -> None:
    """
    Write parts one after the other into a video.

    :param out: the file.
    :param parts: times and images of each.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    video, offset_ns, last_ns = VideoFile(out.parent), 0, 0
    for part in parts:
        first_ns = None
        for stamp_ns, image_HWC in part:
            first_ns = stamp_ns if first_ns is None else first_ns
            last_ns = offset_ns + stamp_ns - first_ns
            video.add(1 + last_ns, widen(image_HWC))
        offset_ns = last_ns + NS_PER_SEC // 10
    video.finish(out)


def prepare(folder: Path, data: Path) -> None:
    """
    Cut the footage.

    :param folder: gets examples, background, and what is played.
    :param data: the data folder.
    """
    corridor = data / CORRIDOR
    for label, (begin_sec, end_sec) in (('at_table', TABLE_SEC), ('no_action', EMPTY_SEC)):
        for number, start_sec in enumerate(np.arange(begin_sec, end_sec, EXAMPLE_SEC)):
            write(folder / 'examples' / label / f'{number}.mp4',
                  [frames(corridor, start_sec, start_sec + EXAMPLE_SEC)])
    signs = sorted((data / 'other-actions' / 'signs').glob('*.mp4'))
    for path in signs[::2]:
        write(folder / 'examples' / 'signing' / path.name, [frames(path)])
    write(folder / 'front.mp4', [
        frames(corridor, *PLAYED_SEC), *(frames(path) for path in signs[1:12:2])])


def picture(folder: Path, out: Path) -> None:
    """
    Run the view on what was prepared, and take its picture.

    :param folder: as ``prepare`` left it.
    :param out: an animated WebP file.
    """
    command = [sys.executable, '-m', 'imrs_ros.view', folder / 'front.mp4', '--people',
               '--model', folder / 'taught', '--no-browser']
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as view:
        try:
            assert view.stdout is not None
            address = next(found[0] for line in view.stdout
                           if (found := re.search(r'http://\S+', line)))
            pictures = _shoot(address, folder)
        finally:
            view.terminate()
    pictures[0].save(out, save_all=True, append_images=pictures[1:], loop=0, quality=60,
                     method=6, duration=round(1000 * PICTURE_SEC))


def _shoot(address: str, folder: Path) -> list[Image.Image]:
    pictures = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which('chromium'), args=['--no-sandbox'])
        page = browser.new_page(viewport={'width': SIZE_PX[0], 'height': SIZE_PX[1]})
        page.goto(address)
        # The first image is what is seen where nothing moves.
        page.wait_for_selector('.label:not([data-idle])', timeout=300_000)
        for number in range(NUM_PICTURES):
            path = folder / f'{number}.png'
            page.screenshot(path=path)
            pictures.append(Image.open(path).convert('RGB'))
            page.wait_for_timeout(1000 * PICTURE_SEC)
        browser.close()
    return pictures


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().split('\n\n')[0])
    parser.add_argument('--out', type=Path, default=Path('docs/drawings/live_view.webp'))
    parser.add_argument('--folder', type=Path, help='kept; default: a temporary one')
    options = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        prepare(folder, data_folder())
        subprocess.run([
            sys.executable, '-m', 'imrs_ros.teaching', folder / 'examples', '--keep', 'ucf10',
            '--out', folder / 'taught'], check=True, env=os.environ)
        picture(folder, options.out)


if __name__ == '__main__':
    main()
