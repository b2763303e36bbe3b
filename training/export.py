# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Export a run as a model folder: ``python -m training.export RUN --data DIR --out DIR``.

The folder is written only if the exported model agrees with the trained one. Its card holds the
calibration from the validation videos and the background list, and the accuracy on the split's
test list.
"""

import argparse
from dataclasses import asdict, fields
from pathlib import Path
import sys

from imrs_ros.backends import load_backend
from imrs_ros.model_card import Architecture, ModelCard
from imrs_ros.networks import VideoNetwork
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
from training.clips.run_data import hold_out
from training.clips.windows import Windows
from training.data_set.splits import LabelledVideo, read_background, read_split
from training.learning.accuracy import Accuracy, count_right, score_clips, ScoreClips
from training.learning.networks import load_trained, make_network
from training.learning.run_state import TrainedModel
from training.model_folder.calibration import calibrate, Calibration, NO_CALIBRATION
from training.model_folder.parity import check_parity
from training.model_folder.writer import (
    add_golden_scores, DTYPES, input_spec, new_model_folder, write_model_folder)
from training.scoring.scored_model import ScoredModel

CALIBRATION_CLIPS = 4
"""Most windows per video, evenly spaced."""


def export_run(run: Path, data: Path, out: Path, dtype: str) -> ModelCard:
    """
    Export the best model of a run as a model folder.

    :param run: folder of the run.
    :param data: the data it was trained on.
    :param out: the model folder; its name is the model's name.
    :param dtype: number format of the stored weights.
    :return: the card.
    :raises ParityError: when the exported model does not agree with the trained one.
    :raises FileNotFoundError: when the run has no model yet, or data is missing.
    :raises ValueError: when the run is a flow stream, or ``out`` is not a model folder.
    """
    model, network = load_trained(run)
    if model.config.stream != 'rgb':
        raise ValueError(f'{run}: expected an RGB stream, got {model.config.stream}; flow '
                         'streams are teachers and are never run on a robot')
    split = read_split(data, model.config.split)
    _, validation = hold_out(split.train, model.config)
    with new_model_folder(out) as new:
        provenance: dict[str, object] = {
            'config': model.config.to_mapping(), 'epoch': model.epoch,
            'validation_video_top1': round(model.validation_top1, 4)}
        card = _write(new, out.resolve().name, model, NO_CALIBRATION, dtype, provenance)
        backend = load_backend(card, BackendSettings()).backend
        scored = ScoredModel.from_card(card, backend)
        scored.check(split.labels, model.config.split)
        clips = [_spread(scored.windows, video) for video in validation]
        provenance['parity'] = _parity(network, scored.score, clips)
        calibration = calibrate(
            np.concatenate([scored.score(c) for c in clips]),
            np.repeat([video.label for video in validation], [len(c) for c in clips]),
            _background_scores(scored.score, scored.windows, data), model.labels)
        accuracy = count_right(
            scored.score_videos(split.test), [video.label for video in split.test])
        provenance['accuracy'] = {
            'data': data.resolve().name, 'split': model.config.split,
            **{k: round(v, 4) for k, v in asdict(accuracy).items()}}
        _write(new, out.resolve().name, model, calibration, dtype, provenance)
        add_golden_scores(new)
    return ModelCard.load(out)


def _spread(windows: Windows, video: LabelledVideo) -> NDArray[np.uint8]:
    clips_MTHWC = windows(video)
    chosen = np.linspace(0, len(clips_MTHWC) - 1, min(len(clips_MTHWC), CALIBRATION_CLIPS))
    return clips_MTHWC[chosen.round().astype(int)]


def _parity(
    network: VideoNetwork, exported: ScoreClips, clips: list[NDArray[np.uint8]],
) -> dict[str, float]:
    """Compare the trained and the exported model on the first clip of every video."""
    firsts = [clips_MTHWC[:1] for clips_MTHWC in clips]
    return check_parity(np.concatenate([score_clips(network, clip) for clip in firsts]),
                        np.concatenate([exported(clip) for clip in firsts]))


def _background_scores(
    score: ScoreClips, windows: Windows, data: Path,
) -> NDArray[np.float32] | None:
    """Score background clips; return None if the data lists none."""
    try:
        videos = read_background(data, 'train')
    except FileNotFoundError:
        return None
    return np.concatenate([
        score(_spread(windows, LabelledVideo(path, -1, None))) for path in videos])


def _write(folder: Path, name: str, model: TrainedModel, calibration: Calibration, dtype: str,
           provenance: dict[str, object]) -> ModelCard:
    config = model.config
    network = make_network(config, len(model.labels))
    return write_model_folder(
        folder, name=name, labels=model.labels, calibration=calibration, state=model.state,
        dtype=DTYPES[dtype], provenance=provenance,
        architecture=Architecture(
            name=config.network, excitation=config.excitation,
            excitation_stages=config.excitation_stages, width=config.width),
        spec=input_spec(network, num_frames=config.num_frames, fps=config.fps,
                        size_px=config.size_px))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.export', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('run', type=Path, help='output folder of training.train')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--out', type=Path, required=True, help='model folder to write')
    parser.add_argument('--dtype', choices=tuple(DTYPES), default='float16',
                        help='number format of the stored weights (default: float16)')
    arguments = parser.parse_args()
    try:
        card = export_run(arguments.run, arguments.data, arguments.out, arguments.dtype)
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'export: {error}')
    stated = card.provenance['accuracy']
    accuracy = Accuracy(**{field.name: stated[field.name] for field in fields(Accuracy)})
    if not accuracy.is_above_chance:
        print(f'warning: {accuracy.video_top1:.1%} of {accuracy.num_videos} test videos is not '
              f'above chance ({accuracy.margin}); the model may have learned nothing, or there '
              'are too few test videos to tell', file=sys.stderr)
    print(f'{card.folder}: temperature {card.temperature}, {card.provenance["parity"]}, '
          f'{card.provenance["accuracy"]}')


if __name__ == '__main__':
    main()
