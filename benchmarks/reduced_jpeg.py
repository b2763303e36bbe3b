# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Measure the effect of decoding large JPEGs at reduced size, on pixels and on scores.

Frames of real test videos are enlarged to 640 x 480 and 1920 x 1080 and encoded as JPEG. Each clip
is scored from full and from reduced decoding. For comparison: the effect of JPEG itself, and of
halving images before they are averaged. Run with
``.venv/bin/python -m benchmarks.reduced_jpeg``; needs the real clips.
"""

import argparse
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import cv2
from imrs_ros.backends import load_backend
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.images.compressed import decode_compressed
from imrs_ros.images.preprocessing import centre_square, shrink
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.settings import BackendSettings
from imrs_ros.video import read_video, video_timeline
import numpy as np
from numpy.typing import NDArray
from training.data_set.splits import LabelledVideo, read_split
from training.scoring.scored_model import backend_scorer

SIZES = {'VGA': (640, 480), '1080p': (1920, 1080)}
JPEG_QUALITY = 80
"""Low enough for compression itself to show an effect."""
PAIRS = (('JPEG', 'JPEG reduced'), ('raw', 'JPEG'), ('averaged once', 'raw'))


def read_clip(video: LabelledVideo, card: ModelCard) -> list[NDArray[np.uint8]]:
    """
    Read the first window of a video.

    :param video: at least as long.
    :param card: length and rate of the window.
    :return: RGB images in the video's own size.
    """
    fps = video_timeline(video.path).fps
    chosen = [round(i * fps / card.spec.fps) for i in range(card.spec.num_frames)]
    images = [source.image_HWC for source in islice(read_video(video.path), chosen[-1] + 1)]
    return [images[min(i, len(images) - 1)] for i in chosen]


def decode_clip(
    images: list[NDArray[np.uint8]], size: tuple[int, int], size_px: int,
) -> dict[str, NDArray[np.uint8]]:
    """
    Return the network's clip, decoded in four ways.

    :param images: RGB.
    :param size: width and height to enlarge them to.
    :param size_px: side of the network's frames.
    :return: clip_THWC by way of decoding; of every pair in ``PAIRS``, the second is what the
        node does.
    """
    frames: dict[str, list[NDArray[np.uint8]]] = {
        'averaged once': [], 'raw': [], 'JPEG': [], 'JPEG reduced': []}
    for image in images:
        large = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
        _, data = cv2.imencode('.jpg', large[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        message = SimpleNamespace(header=None, format='jpeg', data=data.tobytes())
        top, left, side = centre_square(*large.shape[:2])
        frames['averaged once'].append(cv2.resize(
            large[top:top + side, left:left + side], (size_px, size_px),
            interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False))
        frames['raw'].append(shrink(large.astype(np.uint8, copy=False), size_px))
        frames['JPEG'].append(decode_compressed(message, size_px, reduced=False))
        frames['JPEG reduced'].append(decode_compressed(message, size_px))
    return {way: np.stack(images) for way, images in frames.items()}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', default='ucf10', help='name or folder (default: %(default)s)')
    parser.add_argument('--clips', type=int, default=60, help='number (default: %(default)s)')
    arguments = parser.parse_args()
    card = ModelCard.load(find_model(arguments.model))
    score = backend_scorer(load_backend(card, BackendSettings()).backend, len(card.labels))
    videos = read_split(Path(data_folder()) / SUBSET, 1).test
    chosen = videos[::max(1, len(videos) // arguments.clips)][:arguments.clips]
    labels_M = np.array([video.label for video in chosen])

    for name, size in SIZES.items():
        clips = [decode_clip(read_clip(video, card), size, card.spec.size_px) for video in chosen]
        logits = {way: np.concatenate(
            [score(clip[way][None]) for clip in clips])
            for way in clips[0]}
        right = {way: int((logits_MK.argmax(1) == labels_M).sum())
                 for way, logits_MK in logits.items()}
        print(f'{name}, right of {len(chosen)} clips: {right}')
        for one, other in PAIRS:
            pixels = np.mean([np.abs(clip[one].astype(int) - clip[other]).mean()
                              for clip in clips])
            difference_MK = np.abs(logits[one] - logits[other])
            turned = (logits[one].argmax(1) != logits[other].argmax(1)).sum()
            print(f'  {one} against {other}: pixels {pixels:.2f} of 255, logits '
                  f'{difference_MK.mean():.3f} in the mean, {difference_MK.max():.3f} at most, '
                  f'{turned} other best classes')


if __name__ == '__main__':
    main()
