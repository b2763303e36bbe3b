"""``tune``: search decision parameters on annotated recordings, and write a parameter file."""

import argparse
from pathlib import Path

from imrs_ros.evaluation.evaluate import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.goal import Goal
from imrs_ros.evaluation.metrics.figure_table import shown, WORDS
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.evaluation.search import folds, parameters, tune, Tuned
from imrs_ros.node_settings import NODE
from imrs_ros.parameter_file import read_values
from tqdm import tqdm
import yaml


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the command line.

    :param parser: of the sub-command.
    """
    add_job_arguments(parser)
    parser.add_argument('--goal', default=Goal().figure, metavar='FIGURE',
                        help=f'what to better: {", ".join(WORDS)}; default {Goal().figure}')
    parser.add_argument('--max-false-per-min', type=float, default=Goal().max_false_per_min,
                        metavar='N', help='false actions a minute that are allowed; default any')
    parser.add_argument('--trials', type=int, default=100, help='settings tried in every search')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--out', type=Path, required=True, help='parameter file to write')


def text(tuned: Tuned, goal: Goal) -> str:
    """
    Give what tuning brought as a table, and whether to trust it.

    :param tuned: the outcome.
    :param goal: what was wanted.
    :return: its lines.
    """
    held_out = tuned.held_out or dict.fromkeys(WORDS)
    rows = [f'{WORDS[name]:40} {shown(tuned.before[name]):>9} {shown(held_out[name]):>9} '
            f'{shown(tuned.on_all[name]):>9}' for name in WORDS if name in tuned.before]
    lines = [f'{"":40} {"before":>9} {"held out":>9} {"on all":>9}', *rows]
    if tuned.held_out is None:
        lines.append('One recording: nothing was held out, and "on all" is too good. Annotate '
                     'another.')
    else:
        lines.append('Expect "held out": each recording by settings chosen on the others.')
        if (goal.worth(tuned.held_out) <= goal.worth(tuned.before)
                and goal.excess(tuned.before) <= 0):
            lines.append('It is not better than before: keep the settings you have, or annotate '
                         'more recordings.')
        if goal.excess(tuned.held_out) > 0:
            lines.append('It has more false actions than are allowed: annotate more recordings, '
                         'or allow more.')
    return '\n'.join(lines)


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 where a recording could not be evaluated.
    """
    job = job_of(options)
    goal = Goal(figure=options.goal, max_false_per_min=options.max_false_per_min)
    results = evaluate_all(find_recordings(options.recordings), job, options.jobs, options.dask)
    for result in results:
        for note in [*result.notes, *([result.error] if result.error else ())]:
            print(f'{result.name}: {note}')
    recordings = [[track for _, track in result.cameras if track.truth is not None]
                  for result in results]
    recordings = [tracks for tracks in recordings if tracks]
    total = options.trials * (len(folds(len(recordings))) + 1)
    with tqdm(total=total, unit='trial', desc='tune', disable=None) as bar:
        tuned = tune(recordings, job.settings.decision, goal, options.trials, options.seed,
                     bar.update)
    values = read_values(options.params) if options.params else {}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        f'# Decision parameters by "tune --goal {goal.figure} --max-false-per-min '
        f'{goal.max_false_per_min:g}".\n' + yaml.safe_dump({NODE: {'ros__parameters': {
            'model': job.settings.node.model,
            **parameters(values, tuned.settings)}}}, sort_keys=False))
    print(f'{text(tuned, goal)}\n{options.out}')
    return 1 if any(result.error for result in results) else 0
