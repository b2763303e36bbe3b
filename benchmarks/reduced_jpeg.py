"""
What it changes that large JPEGs are decoded at a part of their size, in pixels and in scores.

Frames of real test videos are enlarged to 640 x 480 and 1920 x 1080 and encoded as JPEG. Each clip is
scored from whole decoding and shrinking, and from reduced decoding. Run with
``.venv/bin/python benchmarks/reduced_jpeg.py``; needs the real clips.
"""

import argparse
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import cv2
from imrs_ros.backends import load_backend
from imrs_ros.compressed_image import decode_compressed
from imrs_ros.demo_source import data_folder, SUBSET
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
from imrs_ros.video import read_video, video_length
import numpy as np
from numpy.typing import NDArray
from training.splits import LabelledVideo, read_split

SIZES = {'VGA': (640, 480), '1080p': (1920, 1080)}
JPEG_QUALITY = 80
"""That of image_transport's default."""


def read_clip(video: LabelledVideo, card: ModelCard) -> list[NDArray[np.uint8]]:
    """
    Read the first window of a video.

    :param video: at least as long.
    :param card: length and rate of the window.
    :return: RGB images in the video's own size.
    """
    _, fps = video_length(video.path)
    chosen = [round(i * fps / card.spec.fps) for i in range(card.spec.num_frames)]
    images = [source.image_HWC for source in islice(read_video(video.path), chosen[-1] + 1)]
    return [images[min(i, len(images) - 1)] for i in chosen]


def decode_clip(
    images: list[NDArray[np.uint8]], size: tuple[int, int], size_px: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """
    Send images through JPEG.

    :param images: RGB.
    :param size: width and height that they are enlarged to.
    :param size_px: side of the network's frames.
    :return: the clip decoded as a whole and shrunk, and the clip of reduced decoding.
    """
    whole, reduced = [], []
    for image in images:
        large = cv2.resize(image, size, interpolation=cv2.INTER_CUBIC)
        _, data = cv2.imencode('.jpg', large[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
        message = SimpleNamespace(header=None, format='jpeg', data=data.tobytes())
        whole.append(decode_compressed(message, size_px, reduced=False))
        reduced.append(decode_compressed(message, size_px))
    return np.stack(whole), np.stack(reduced)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', default='ucf10', help='name or folder (default: %(default)s)')
    parser.add_argument('--clips', type=int, default=60, help='how many (default: %(default)s)')
    arguments = parser.parse_args()
    card = ModelCard.load(find_model(arguments.model))
    backend = load_backend(card, BackendSettings()).backend
    videos = read_split(Path(data_folder()) / SUBSET, 1).test
    chosen = videos[::max(1, len(videos) // arguments.clips)][:arguments.clips]
    labels_M = np.array([video.label for video in chosen])

    def score(clips: list[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.concatenate([backend.infer([Clip('', clip, 0, 0, '')]) for clip in clips])

    for name, size in SIZES.items():
        pairs = [decode_clip(read_clip(video, card), size, card.spec.size_px) for video in chosen]
        pixels = np.array([np.abs(a.astype(int) - b).mean() for a, b in pairs])
        whole_MK, reduced_MK = (score([pair[i] for pair in pairs]) for i in (0, 1))
        logits = np.abs(whole_MK - reduced_MK)
        best = [scores_MK.argmax(1) for scores_MK in (whole_MK, reduced_MK)]
        print(f'{name}, {len(chosen)} clips: mean pixel difference {pixels.mean():.2f} of 255, '
              f'logits {logits.mean():.3f} in the mean, {logits.max():.3f} at most, '
              f'{(best[0] != best[1]).sum()} other best classes; right '
              f'{(best[0] == labels_M).sum()} decoded whole, {(best[1] == labels_M).sum()} reduced')


if __name__ == '__main__':
    main()
