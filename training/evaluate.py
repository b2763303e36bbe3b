"""
Measure models: ``python -m training.evaluate --model DIR [DIR ...] --data DIR --split N``.

Prints clip and video top-1 and top-5 on the test list of an official split, accuracy per class,
parameters and FLOPs. A DIR is a model folder, run as the node would, or a run of training.train.
Several are also fused: their probabilities are averaged (two-stream).
"""

import argparse
from dataclasses import asdict
import json
from pathlib import Path
import sys

from imrs_ros.settings import BACKENDS, BackendSettings, CPU_PRECISIONS
from training.data_set.splits import read_split
from training.learning.accuracy import Accuracy, count_right
from training.scoring.complexity import measure_complexity
from training.scoring.confusion import accuracy_table, count_confusions, draw_confusion
from training.scoring.scored_model import Candidate, fuse, load_candidate


def describe(candidate: Candidate) -> str:
    """
    Say what is measured.

    :param candidate: a model or a run.
    :return: its name, what runs it, its size and its work.
    """
    complexity = measure_complexity(
        candidate.network, num_frames=candidate.num_frames, size_px=candidate.size_px)
    return (f'{candidate.name} ({candidate.what}; {complexity.num_parameters:,} parameters, '
            f'{complexity.flops / 1e9:.2f} GFLOP per clip of {candidate.num_frames} frames at '
            '2 x MAC)')


def report(accuracy: Accuracy) -> str:
    """
    Give the figures as text.

    :param accuracy: what was measured.
    :return: two lines.
    """
    return (f'clip  top-1 {accuracy.clip_top1:.1%}  top-5 {accuracy.clip_top5:.1%}  '
            f'({accuracy.num_clips} clips)\n'
            f'video top-1 {accuracy.video_top1:.1%}  top-5 {accuracy.video_top5:.1%}  '
            f'({accuracy.num_videos} videos)')


def evaluate(arguments: argparse.Namespace) -> None:
    """
    Measure, print and write what the command line asks for.

    :param arguments: see ``main``.
    :raises FileNotFoundError: when something is missing.
    :raises ValueError: when a model does not fit the data.
    """
    split = read_split(arguments.data, arguments.split)
    settings = BackendSettings(
        backend=arguments.backend, cpu_precision=arguments.cpu_precision)
    candidates = [load_candidate(folder, arguments.frames, settings)
                  for folder in arguments.model]
    truth = [video.label for video in split.test]
    all_logits = []
    for candidate in candidates:
        candidate.check(split.labels, arguments.split)
        print(f'split {arguments.split}: {describe(candidate)}', flush=True)
        all_logits.append(candidate.score_videos(split.test))
        print(report(count_right(all_logits[-1], truth)), flush=True)
    logits = all_logits[0] if len(all_logits) == 1 else fuse(all_logits)
    accuracy = count_right(logits, truth)
    if len(all_logits) > 1:
        print(f'fused: {" + ".join(candidate.name for candidate in candidates)}')
        print(report(accuracy))
    counts_KK = count_confusions(logits, truth)
    print(accuracy_table(counts_KK, split.labels))
    if arguments.confusion:
        draw_confusion(counts_KK, split.labels, arguments.confusion, as_shares=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(accuracy), indent=2) + '\n')


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.evaluate', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--model', type=Path, required=True, nargs='+',
                        help='model folders, or runs of training.train; several are fused')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--frames', type=Path, help='folder that training.extract wrote, for runs')
    parser.add_argument('--split', type=int, default=1, help='official split, from 1')
    parser.add_argument('--backend', choices=BACKENDS, default='auto', help='of model folders')
    parser.add_argument('--cpu-precision', choices=CPU_PRECISIONS, default='float32',
                        help='of model folders')
    parser.add_argument('--json', type=Path, help='write the figures there too, as fractions')
    parser.add_argument('--confusion', type=Path, help='draw the confusion matrix there (PNG)')
    try:
        evaluate(parser.parse_args())
    except (OSError, ValueError, RuntimeError) as error:
        sys.exit(f'evaluate: {error}')


if __name__ == '__main__':
    main()
