# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Quantise a model folder for CPUs: ``python -m training.quantise MODEL --data DIR``.

Writes the network's parts in int8 into the folder, and what they cost into its card: accuracy on
the test list, and how well other actions are told from its classes, beside float32 on the same
clips. A precision that costs more than half a point is not written. bfloat16 is measured, too,
where the processor has it. The robot needs no package for what it finds in the folder.

Layout legend: N clips, M clips of a video, T frames, H height, W width, C channels, L logits.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
import hashlib
from pathlib import Path
import shutil
import sys
import tempfile

from imrs_ros.atomic_file import replace_folder, replace_text
from imrs_ros.backends import load_backend
from imrs_ros.backends.openvino_backend import INT8
from imrs_ros.backends.openvino_export import find_or_export
from imrs_ros.model_card import CARD_FILE, ModelCard, VouchedPrecision
from imrs_ros.settings import BackendSettings, CPU_PRECISIONS
from imrs_ros.yaml_file import read_yaml
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.clips.run_data import hold_out
from training.clips.windows import video_windows, window_starts, Windows
from training.data_set.background import read_sources, Sources
from training.data_set.splits import LabelledVideo, read_split
from training.learning.accuracy import count_right, ScoreClips
from training.model_folder.quantisation import quantise_lite0
from training.operating_point.folder import run_config
from training.scoring.scored_model import backend_scorer
from training.scoring.unseen import known_scores, separate
import yaml

NUM_CLIPS = 150
"""Training clips that set the ranges of values."""
MAX_COST = 0.005
"""The most that a precision may lose in any figure."""
FLOAT32 = 'float32'


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """What a network reaches in one precision."""

    clip_top1: float
    """On the clips of the test list, in [0, 1]."""
    video_top1: float
    """On its videos, in [0, 1]."""
    auroc: float | None
    """Of its classes against other actions, the mean over their sources; None without any."""

    def cost(self, exact: 'Reached') -> float:
        """
        Return the most that is lost in any figure.

        :param exact: in float32.
        :return: the loss, in [-1, 1].
        """
        lost = [exact.clip_top1 - self.clip_top1, exact.video_top1 - self.video_top1]
        if self.auroc is not None and exact.auroc is not None:
            lost.append(exact.auroc - self.auroc)
        return max(lost)


def quantise_folder(
    folder: Path, data: Path, unseen: Sequence[Path] = (), max_clips: int | None = None,
) -> dict[str, Reached]:
    """
    Quantise a model folder, and measure it in every precision that this processor has.

    :param folder: a lite0 that ``training.export`` wrote.
    :param data: the data it was trained on.
    :param unseen: folders of other actions that it was not fitted on, one source each, besides
        the data's own list.
    :param max_clips: at most this many clips of a video are measured, evenly spaced; default all.
    :return: what it reaches, by precision; float32 first.
    :raises FileNotFoundError: when data is missing.
    :raises ValueError: when the model is no lite0 of the whole picture, its labels are not those
        of the data, or its card does not say which videos it was trained on.
    :raises RuntimeError: when nncf is missing, or the scores of a precision are not the model's.
    """
    card = ModelCard.load(folder)
    if card.architecture.name != 'lite0' or card.pose is not None:
        raise ValueError(
            f'{folder}: expected a lite0 without a pose stream, got {card.architecture.name}'
            f'{" with one" if card.pose is not None else ""}; use cpu_precision float32')
    config = run_config(card)
    split = read_split(data, config.split)
    if card.labels != split.labels:
        raise ValueError(
            f'{folder}: expected the labels of the data, {split.labels}, got {card.labels}')
    sources = read_sources(data, unseen, 'test', (*split.train, *split.test))
    windows = card_windows(card)
    clips_NTHWC = draw_clips(hold_out(split.train, config)[0], windows)
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.resolve().name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(INT8))
        (copy / INT8).mkdir()
        quantise_lite0(find_or_export(card)[0], clips_NTHWC, copy / INT8)
        sha256 = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
                  for path in sorted((copy / INT8).iterdir())}
        tried = replace(card, folder=copy, cpu_precisions={INT8: VouchedPrecision(
            clip_top1=0.0, clip_top1_float32=0.0, sha256=sha256)})
        reached = measure(tried, split.test, sources, max_clips)
        exact = reached[FLOAT32]
        accepted = {name: each for name, each in reached.items()
                    if name != FLOAT32 and each.cost(exact) <= MAX_COST}
        write_vouched(folder, accepted, exact, sha256, copy / INT8)
    return reached


def card_windows(card: ModelCard) -> Windows:
    """
    Return what cuts a video into clips for a model.

    :param card: the model.
    :return: a function from a video to clips_MTHWC.
    """
    spec = card.spec
    return video_windows(num_frames=spec.num_frames, fps=spec.fps, size_px=spec.size_px)


def draw_clips(videos: Sequence[LabelledVideo], windows: Windows) -> NDArray[np.uint8]:
    """
    Draw clips, one of a video until all have given one; the same each time.

    :param videos: training videos.
    :param windows: cuts them into clips.
    :return: clips_NTHWC, ``NUM_CLIPS`` of them or one of every video.
    """
    rng = np.random.default_rng(0)
    chosen = rng.permutation(len(videos))[:NUM_CLIPS]
    clips = [windows(videos[i]) for i in tqdm(chosen, unit='video', disable=None)]
    return np.stack([clips_MTHWC[rng.integers(len(clips_MTHWC))] for clips_MTHWC in clips])


def measure(
    card: ModelCard, test: Sequence[LabelledVideo], sources: Sources, max_clips: int | None,
) -> dict[str, Reached]:
    """
    Measure a network in every precision that this processor has.

    :param card: the model; it vouches for int8, untested.
    :param test: videos of its classes.
    :param sources: videos of other actions.
    :param max_clips: at most this many clips of a video; default all.
    :return: what it reaches, by precision.
    :raises RuntimeError: when its scores in int8 are not the model's.
    """
    scorers: dict[str, ScoreClips] = {}
    for name in CPU_PRECISIONS:
        settings = BackendSettings(backend='openvino', cpu_precision=name)
        try:
            scorers[name] = backend_scorer(load_backend(card, settings).backend)
        except RuntimeError:
            if name != 'bfloat16':
                raise
    num_labels, temperature = len(card.labels), card.temperature
    known = score_all(scorers, test, card_windows(card), max_clips)
    others = {source: score_all(
        scorers, [LabelledVideo(path, -1, None) for path in paths], card_windows(card), max_clips)
        for source, paths in sources.items()}
    found = {}
    for name in scorers:
        right = count_right([logits_ML[:, :num_labels] for logits_ML in known[name]],
                            [video.label for video in test])
        known_N = known_scores(known[name], num_labels, temperature)
        separations = [separate(known_N, known_scores(logits[name], num_labels, temperature), 0)
                       for logits in others.values()]
        found[name] = Reached(
            clip_top1=right.clip_top1, video_top1=right.video_top1,
            auroc=float(np.mean([each.auroc for each in separations])) if others else None)
    return found


def score_all(
    scorers: Mapping[str, ScoreClips], videos: Sequence[LabelledVideo], windows: Windows,
    max_clips: int | None,
) -> dict[str, list[NDArray[np.float32]]]:
    """
    Score videos in every precision; each is read once.

    :param scorers: by precision.
    :param videos: to score.
    :param windows: cuts them into clips.
    :param max_clips: at most this many of each, evenly spaced; default all.
    :return: logits_ML of every video, by precision.
    """
    found: dict[str, list[NDArray[np.float32]]] = {name: [] for name in scorers}
    for video in tqdm(videos, unit='video', disable=None):
        clips_MTHWC = windows(video)
        clips_MTHWC = clips_MTHWC[window_starts(len(clips_MTHWC), 1, max_clips)]
        for name, score in scorers.items():
            found[name].append(score(clips_MTHWC))
    return found


def write_vouched(
    folder: Path, accepted: Mapping[str, Reached], exact: Reached, sha256: Mapping[str, str],
    int8: Path,
) -> None:
    """
    Write what the card vouches for, and the files of int8.

    :param folder: the model folder; what it vouched for before is replaced.
    :param accepted: by precision, without float32.
    :param exact: in float32.
    :param sha256: of the files of int8, by name.
    :param int8: their folder.
    """
    path = folder / CARD_FILE
    values = read_yaml(path)
    values.pop('cpu_precisions', None)
    provenance = {'provenance': values.pop('provenance', {})}
    vouched = {name: {
        **_rounded(each), **{f'{key}_{FLOAT32}': value for key, value in _rounded(exact).items()},
        'sha256': dict(sha256) if name == INT8 else {}} for name, each in accepted.items()}
    shutil.rmtree(folder / INT8, ignore_errors=True)
    if INT8 in accepted:
        with replace_folder(folder / INT8) as new:
            shutil.copytree(int8, new, dirs_exist_ok=True)
    replace_text(path, yaml.safe_dump(
        {**values, **({'cpu_precisions': vouched} if vouched else {}), **provenance},
        sort_keys=False))


def _rounded(reached: Reached) -> dict[str, float]:
    return {key: round(value, 4) for key, value in asdict(reached).items() if value is not None}


def report(reached: Mapping[str, Reached]) -> str:
    """
    Return what a network reaches as text.

    :param reached: by precision.
    :return: a line each.
    """
    return '\n'.join(
        f'{name:9}  clip top-1 {each.clip_top1:.1%}  video top-1 {each.video_top1:.1%}'
        + ('' if each.auroc is None else f'  AUROC {each.auroc:.3f}')
        + ('' if name == FLOAT32 else '  written' if each.cost(reached[FLOAT32]) <= MAX_COST else
           f'  not written: costs {each.cost(reached[FLOAT32]):.1%}')
        for name, each in reached.items())


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.quantise', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('model', type=Path, help='model folder; its card and int8/ are written')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--unseen', type=Path, nargs='+', default=(), metavar='DIR',
                        help='folders of other actions that the model was not fitted on, one '
                             'source each, besides splits/background_test.txt')
    parser.add_argument('--max-clips', type=int, metavar='N',
                        help='measure at most this many clips of a video (default: all)')
    arguments = parser.parse_args()
    try:
        print(report(quantise_folder(
            arguments.model, arguments.data, arguments.unseen, arguments.max_clips)))
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'quantise: {error}')


if __name__ == '__main__':
    main()
