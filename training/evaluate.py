# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Measure models: ``python -m training.evaluate --model DIR [DIR ...] --data DIR --split N``.

Prints clip and video top-1 and top-5 on the test list of an official split, with the margin of
error and the chance level, accuracy per class, parameters and FLOPs. A DIR is a model folder, run
as in the node, or a run of training.train. Several are also fused: their probabilities are
averaged (two-stream). With ``--unseen``, it also says how well each model tells its classes from
other actions of sources that it was not fitted on.
"""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
import json
from pathlib import Path
import sys

from imrs_ros.atomic_file import replace_text
from imrs_ros.model_folders import find_model
from imrs_ros.settings import AUTO_PRECISION, BACKENDS, BackendSettings, CPU_PRECISIONS
import numpy as np
from numpy.typing import NDArray
from training.data_set.background import read_sources, Sources
from training.data_set.splits import LabelledVideo, read_split
from training.learning.accuracy import Accuracy, count_right
from training.scoring.complexity import measure_complexity
from training.scoring.confusion import accuracy_table, count_confusions, draw_confusion
from training.scoring.scored_model import fuse, ScoredModel
from training.scoring.unseen import known_scores, separate, Separation, separation_table


def describe(model: ScoredModel) -> str:
    """
    Return a model's name, description, size and work per clip.

    :param model: a model folder or a run.
    :return: one line.
    """
    complexity = measure_complexity(
        model.network, num_frames=model.num_frames, size_px=model.size_px)
    return (f'{model.name} ({model.description}; {complexity.num_parameters:,} parameters, '
            f'{complexity.flops / 1e9:.2f} GFLOP per clip of {model.num_frames} frames '
            'at 2 x MAC)')


def report(accuracy: Accuracy) -> str:
    """
    Return accuracies as text.

    :param accuracy: the accuracies.
    :return: two lines.
    """
    return (f'clip  top-1 {accuracy.clip_top1:.1%}  top-5 {accuracy.clip_top5:.1%}  '
            f'({accuracy.num_clips} clips)\n'
            f'video top-1 {accuracy.video_top1:.1%}  top-5 {accuracy.video_top5:.1%}  '
            f'({accuracy.num_videos} videos; {accuracy.margin})')


def evaluate(arguments: argparse.Namespace) -> None:
    """
    Measure models, print the figures and write the files asked for.

    :param arguments: see ``main``.
    :raises FileNotFoundError: when something is missing.
    :raises ValueError: when a model does not fit the data.
    """
    split = read_split(arguments.data, arguments.split)
    settings = BackendSettings(
        backend=arguments.backend, cpu_precision=arguments.cpu_precision)
    models = [ScoredModel.load(find_model(folder), arguments.frames, settings)
              for folder in arguments.model]
    truth = [video.label for video in split.test]
    unseen = (read_sources(arguments.data, arguments.unseen, 'test', (*split.train, *split.test))
              if arguments.unseen else {})
    all_logits, separations = [], {}
    for model in models:
        model.check(split.labels, arguments.split)
        given = {folder.resolve().name for folder in arguments.unseen}
        for name in sorted(given.intersection(model.sources)):
            print(f'warning: {model.name} was fitted on a source named {name!r}; unless these are '
                  'other videos, they are not unseen', file=sys.stderr)
        print(f'split {arguments.split}: {describe(model)}', flush=True)
        scored = model.score_videos(split.test)
        all_logits.append(model.of_classes(scored))
        print(report(count_right(all_logits[-1], truth)), flush=True)
        if unseen:
            found = separate_sources(model, scored, unseen)
            separations[model.name] = {name: asdict(each) for name, each in found.items()}
            print(separation_table(found), flush=True)
    logits = all_logits[0] if len(all_logits) == 1 else fuse(all_logits)
    accuracy = count_right(logits, truth)
    if len(all_logits) > 1:
        print(f'fused: {" + ".join(model.name for model in models)}')
        print(report(accuracy))
    counts_KK = count_confusions(logits, truth)
    print(accuracy_table(counts_KK, split.labels))
    if arguments.confusion:
        draw_confusion(counts_KK, split.labels, arguments.confusion)
    if arguments.json:
        values = {**asdict(accuracy), **({'unseen': separations} if unseen else {})}
        replace_text(arguments.json, json.dumps(values, indent=2) + '\n')


def separate_sources(
    model: ScoredModel, known: Sequence[NDArray[np.float32]], sources: Sources,
) -> dict[str, Separation]:
    """
    Measure how well a model tells its classes from each source of other actions.

    :param model: the model.
    :param known: its logits_ML of every test video.
    :param sources: videos by source.
    :return: figures by source.
    """
    known_N = known_scores(known, len(model.labels), model.temperature)
    found = {}
    for name, paths in sources.items():
        logits = model.score_videos([LabelledVideo(path, -1, None) for path in paths])
        found[name] = separate(
            known_N, known_scores(logits, len(model.labels), model.temperature), len(paths))
    return found


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.evaluate', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', required=True, nargs='+',
                        help='model folders, names of installed models, or runs of '
                        'training.train; several are also fused')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--frames', type=Path, help='output folder of training.extract, for runs')
    parser.add_argument('--split', type=int, default=1, help='official split, from 1')
    parser.add_argument('--backend', choices=BACKENDS, default='auto',
                        help='backend of model folders')
    parser.add_argument('--cpu-precision', choices=(*CPU_PRECISIONS, AUTO_PRECISION),
                        default='float32',
                        help='precision of model folders on a CPU')
    parser.add_argument('--unseen', type=Path, nargs='+', default=(), metavar='DIR',
                        help='folders of other actions that no model was fitted on, one source '
                             'each, besides splits/background_test.txt')
    parser.add_argument('--json', type=Path, help='also write the figures there, as fractions')
    parser.add_argument('--confusion', type=Path, help='PNG file to draw the confusion matrix to')
    try:
        evaluate(parser.parse_args())
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'evaluate: {error}')


if __name__ == '__main__':
    main()
