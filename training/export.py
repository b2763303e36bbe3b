"""
Turn a run into a model folder: ``python -m training.export RUN --data DIR --out DIR``.

The folder is written only if the exported model agrees with the trained one. Its card carries
the temperature fitted on the validation groups and the accuracy on the split's test list.
"""

import argparse
from dataclasses import asdict
from pathlib import Path
import shutil

from imrs_ros.backends import load_backend
from imrs_ros.model_card import Architecture, InputSpec, ModelCard
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import torch
from training.calibration import fit_temperature
from training.evaluate import backend_scorer, evaluate_model
from training.evaluation import ScoreClips, window_video
from training.model_folder import write_model_folder
from training.run_state import read_best, TrainedModel
from training.splits import hold_out_groups, LabelledVideo, read_split
from training.stream import make_network
from training.train import score_clips

PARITY_BOUND = 0.05
"""Largest allowed difference of a logit between trained and exported model."""
DTYPES = {'float16': torch.float16, 'float32': torch.float32}


class ParityError(RuntimeError):
    """The exported model does not agree with the trained one."""


def export_run(run: Path, data: Path, out: Path, dtype: str) -> ModelCard:
    """
    Write a run's best model as a model folder.

    :param run: folder of the run.
    :param data: the data it was trained on.
    :param out: the model folder; its name is the model's name.
    :param dtype: number format of the stored weights.
    :return: the card.
    :raises ParityError: when a logit differs by more than ``PARITY_BOUND``, or a best class.
    """
    model = read_best(run)
    split = read_split(data, model.config.split)
    _, validation = hold_out_groups(split.train, model.config.validation_groups)
    network = make_network(model.config, len(model.labels))
    network.load_state_dict(model.state)
    clips_MTHWC, labels_M = _one_clip_each(validation, model)
    trained_MK = _in_batches(lambda clips: score_clips(network, clips), clips_MTHWC)
    temperature = fit_temperature(trained_MK, labels_M)
    partial = out.with_name(out.name + '.partial')
    provenance: dict[str, object] = {
        'config': model.config.to_mapping(), 'epoch': model.epoch,
        'validation_video_top1': round(model.validation_top1, 4)}
    try:
        card = _write(partial, out.name, model, temperature, dtype, provenance)
        backend = load_backend(card, BackendSettings()).backend
        exported_MK = _in_batches(backend_scorer(backend), clips_MTHWC)
        provenance['parity'] = check_parity(trained_MK, exported_MK)
        accuracy = evaluate_model(card, backend, split.test)
        provenance['accuracy'] = {
            'data': data.name, 'split': model.config.split,
            **{k: round(v, 4) for k, v in asdict(accuracy).items()}}
        _write(partial, out.name, model, temperature, dtype, provenance)
        if out.exists():
            shutil.rmtree(out)
        partial.rename(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return ModelCard.load(out)


def check_parity(
    trained_MK: NDArray[np.float32], exported_MK: NDArray[np.float32],
) -> dict[str, float]:
    """
    Compare the logits of the trained and the exported model on the same clips.

    :param trained_MK: the reference.
    :param exported_MK: what a user of the folder will get.
    :return: the largest difference of a logit and the number of clips.
    :raises ParityError: when a logit differs by more than ``PARITY_BOUND``, or when the best
        class differs though the trained model holds it ahead by more than twice that.
    """
    difference = np.abs(trained_MK - exported_MK)
    ordered_MK = np.sort(trained_MK, axis=1)
    is_clear_M = ordered_MK[:, -1] - ordered_MK[:, -2] > 2 * PARITY_BOUND
    turned_M = (trained_MK.argmax(1) != exported_MK.argmax(1)) & is_clear_M
    if not difference.max() <= PARITY_BOUND or turned_M.any():
        raise ParityError(
            f'expected logits within {PARITY_BOUND} of the trained model and the same best '
            f'classes, got a difference of {difference.max():.4f} and {turned_M.sum()} other best '
            'classes; export with --dtype float32')
    return {'max_logit_difference': round(float(difference.max()), 6),
            'num_clips': len(trained_MK)}


def _one_clip_each(
    videos: tuple[LabelledVideo, ...], model: TrainedModel,
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Cut the middle window out of every video."""
    config = model.config
    clips = [window_video(video.path, num_frames=config.num_frames, fps=config.fps,
                          size_px=config.size_px, max_clips=1)[0] for video in videos]
    return np.stack(clips), np.array([video.label for video in videos])


def _in_batches(score: ScoreClips, clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    batches = np.array_split(clips_MTHWC, max(1, len(clips_MTHWC) // 8))
    return np.concatenate([score(batch) for batch in batches])


def _write(folder: Path, name: str, model: TrainedModel, temperature: float, dtype: str,
           provenance: dict[str, object]) -> ModelCard:
    config = model.config
    network = make_network(config, len(model.labels))
    return write_model_folder(
        folder, name=name, labels=model.labels, temperature=temperature, state=model.state,
        dtype=DTYPES[dtype], provenance=provenance,
        architecture=Architecture(
            name=config.network, excitation=config.excitation,
            excitation_stages=config.excitation_stages, width=config.width),
        spec=InputSpec(
            num_frames=config.num_frames, fps=config.fps, size_px=config.size_px,
            mean=tuple(network.mean.tolist()), std=tuple(network.std.tolist())))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.export', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('run', type=Path, help='folder of a run of training.train')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--out', type=Path, required=True, help='model folder to write')
    parser.add_argument('--dtype', choices=tuple(DTYPES), default='float16',
                        help='number format of the stored weights (default: float16)')
    arguments = parser.parse_args()
    card = export_run(arguments.run, arguments.data, arguments.out, arguments.dtype)
    print(f'wrote {card.folder}: temperature {card.temperature}, {card.provenance["parity"]}, '
          f'{card.provenance["accuracy"]}')


if __name__ == '__main__':
    main()
