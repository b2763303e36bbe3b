"""
Measure a model folder: ``python -m training.evaluate --model DIR --data DIR --split N``.

Prints clip and video top-1 and top-5 on the test list of an official split.
"""

import argparse
from dataclasses import asdict
import json
from pathlib import Path

from imrs_ros.backends import Backend, load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BACKENDS, BackendSettings
import numpy as np
from numpy.typing import NDArray
from training.evaluation import Accuracy, evaluate_videos, ScoreClips
from training.splits import LabelledVideo, read_split, Split


def backend_scorer(backend: Backend) -> ScoreClips:
    """
    Score plain clips with a backend.

    :param backend: a loaded model.
    :return: a function from clips_MTHWC to logits_MK.
    """
    def score(clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        return backend.infer([
            Clip(stream='', frames_THWC=clip, first_sequence=0, stamp_ns=0, frame_id='')
            for clip in clips_MTHWC])
    return score


def evaluate_model(
    card: ModelCard, backend: Backend, videos: tuple[LabelledVideo, ...],
) -> Accuracy:
    """
    Measure a loaded model.

    :param card: its card.
    :param backend: the model.
    :param videos: what to score.
    :return: the accuracy.
    """
    spec = card.spec
    return evaluate_videos(
        backend_scorer(backend), videos, num_frames=spec.num_frames, fps=spec.fps,
        size_px=spec.size_px)


def check_labels(card: ModelCard, split: Split) -> None:
    """
    Make sure that a model and a dataset speak of the same classes.

    :param card: the model's card.
    :param split: the dataset's split.
    :raises ValueError: when their labels or the order of them differ.
    """
    if card.labels != split.labels:
        raise ValueError(
            f'{card.folder}: expected the labels of the data, {split.labels}, got {card.labels}')


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.evaluate', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', type=Path, required=True, help='model folder')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--split', type=int, default=1, help='official split, from 1')
    parser.add_argument('--backend', choices=BACKENDS, default='auto')
    parser.add_argument('--json', type=Path, help='write the figures there too, as fractions')
    arguments = parser.parse_args()
    card = ModelCard.load(arguments.model)
    split = read_split(arguments.data, arguments.split)
    check_labels(card, split)
    loaded = load_backend(card, BackendSettings(backend=arguments.backend))
    for reason in loaded.fallbacks:
        print(f'warning: {reason}', flush=True)
    accuracy = evaluate_model(card, loaded.backend, split.test)
    print(f'{card.name}, split {arguments.split}, {loaded.backend.description}')
    print(f'clip  top-1 {accuracy.clip_top1:.1%}  top-5 {accuracy.clip_top5:.1%}  '
          f'({accuracy.num_clips} clips)')
    print(f'video top-1 {accuracy.video_top1:.1%}  top-5 {accuracy.video_top5:.1%}  '
          f'({accuracy.num_videos} videos)')
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(accuracy), indent=2) + '\n')


if __name__ == '__main__':
    main()
