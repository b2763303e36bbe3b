# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Export a run as a model folder: ``python -m training.export RUN --data DIR --out DIR``.

The folder is written only if the exported model agrees with the trained one. Its scores are
calibrated on the validation videos; with background videos, it scores "none of these", and its
thresholds are those that keep a rate of false actions. The card also holds the accuracy on the
split's test list.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from imrs_ros.model_card import Architecture, ModelCard
from imrs_ros.teaching.thresholds import FALSE_PER_MIN
from training.learning.networks import load_trained
from training.model_folder.writer import DTYPES, input_spec
from training.operating_point.command_line import add_fit_arguments, make_model
from training.operating_point.folder import AUTO, Publication, publish


def export_run(
    run: Path, data: Path, out: Path, dtype: str, background: Sequence[Path] = (),
    false_per_min: float = FALSE_PER_MIN,
) -> ModelCard:
    """
    Export the best model of a run as a model folder.

    :param run: folder of the run.
    :param data: the data it was trained on.
    :param out: the model folder; its name is the model's name.
    :param dtype: number format of the stored weights, or ``auto``.
    :param background: folders of other actions, one source each, besides the data's list.
    :param false_per_min: false actions allowed per minute of background.
    :return: the card.
    :raises ParityError: when the exported model does not agree with the trained one.
    :raises FileNotFoundError: when the run has no model yet, or data is missing.
    :raises ValueError: when the run is a flow stream, or ``out`` is not a model folder.
    """
    model, network = load_trained(run)
    if model.config.stream != 'rgb':
        raise ValueError(f'{run}: expected an RGB stream, got {model.config.stream}; flow '
                         'streams are teachers and are never run on a robot')
    config = model.config
    return publish(out, network, Publication(
        architecture=Architecture(
            name=config.network, excitation=config.excitation,
            excitation_stages=config.excitation_stages, width=config.width),
        spec=input_spec(network, num_frames=config.num_frames, fps=config.fps,
                        size_px=config.size_px),
        labels=model.labels, config=config, dtype=dtype, data=data, background=background,
        false_per_min=false_per_min, provenance={
            'config': config.to_mapping(), 'epoch': model.epoch,
            'validation_video_top1': round(model.validation_top1, 4)}))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.export', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('run', type=Path, help='output folder of training.train')
    parser.add_argument('--dtype', choices=(AUTO, *DTYPES), default=AUTO,
                        help='number format of the stored weights (default: auto, which is '
                        'float16, or float32 where float16 changes the scores)')
    add_fit_arguments(parser)
    arguments = parser.parse_args()
    make_model('export', lambda: export_run(
        arguments.run, arguments.data, arguments.out, arguments.dtype, arguments.background,
        arguments.false_per_min))


if __name__ == '__main__':
    main()
