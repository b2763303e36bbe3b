# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``tune``: search decision settings on annotated recordings, and write a parameter file."""

import argparse
from pathlib import Path

from imrs_ros.evaluation.goal import Goal, GOALS, PEOPLE_GOALS
from imrs_ros.evaluation.jobs import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.metrics.figure import PEOPLE_FIGURES, TRACK_FIGURES
from imrs_ros.evaluation.metrics.figure_table import figure_row, header_row
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import Result
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.evaluation.search import folds, tune, Tuned, tuned_parameters
from imrs_ros.parameter_file import ANY_NODE, PARAMETERS, read_settings, read_values
from tqdm import tqdm
import yaml

PICTURE, PEOPLE = 'picture', 'people'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    add_job_arguments(parser)
    parser.add_argument('--goal', default=Goal().figure, metavar='FIGURE',
                        help=f'figure to improve: {", ".join(GOALS)}; of people: '
                             f'{", ".join(PEOPLE_GOALS)}; default {Goal().figure}')
    parser.add_argument('--on', choices=(PICTURE, PEOPLE),
                        help='whose figures count: those of the whole picture, or of people; '
                             'default: of people where they are followed')
    parser.add_argument('--max-false-per-min', type=float, default=Goal().max_false_per_min,
                        metavar='N', help='false actions allowed per minute of background; '
                                          'default any number')
    parser.add_argument('--trials', type=int, default=100, help='settings tried per search')
    parser.add_argument('--seed', type=int, default=0, help='of the search')
    parser.add_argument('--out', type=Path, required=True, help='parameter file to write')


def format_tuning(tuned: Tuned, goal: Goal) -> str:
    """
    Format the outcome as a table, with advice on whether to use it.

    :param tuned: the outcome.
    :param goal: of the search.
    :return: the lines.
    """
    held_out = tuned.held_out or {}
    lines = [f'figures of {"people" if goal.of_people else "the whole picture"}:',
             header_row('before', 'held out', 'on all')]
    lines += [figure_row(figure.words, tuned.before[figure.name], held_out.get(figure.name),
                         tuned.on_all[figure.name], unit=figure.unit)
              for figure in (PEOPLE_FIGURES if goal.of_people else TRACK_FIGURES)]
    if tuned.held_out is None:
        lines.append('One recording: nothing was held out, and "on all" is too good. Annotate '
                     'another one.')
        return '\n'.join(lines)
    lines.append('Expect "held out": each recording by settings chosen on the others.')
    if goal.worth(tuned.held_out) <= goal.worth(tuned.before) and goal.excess(tuned.before) <= 0:
        lines.append('It is no better than before: keep the present settings, or annotate more '
                     'recordings.')
    if goal.excess(tuned.held_out) > 0:
        lines.append('It has more false actions than allowed: annotate more recordings, or allow '
                     'more.')
    return '\n'.join(lines)


def annotated_tracks(result: Result, goal: Goal) -> list[Track]:
    """
    Return what settings are judged by.

    :param result: of a recording.
    :param goal: of the search.
    :return: the annotated tracks of its people, or of its cameras.
    """
    tracks: list[Track] = []
    tracks += result.people if goal.of_people else [track for _, track in result.cameras]
    return [track for track in tracks if track.annotated is not None]


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 if a recording could not be evaluated.
    """
    job = job_of(options)
    if options.on == PEOPLE and not job.people:
        raise ValueError(f'expected --people with --on {PEOPLE}, got none; name where people '
                         'come from')
    goal = Goal(figure=options.goal, max_false_per_min=options.max_false_per_min,
                of_people=bool(job.people) and options.on != PICTURE)
    results = evaluate_all(find_recordings(options.recordings), job, options.jobs, options.dask)
    for result in results:
        for note in [*result.notes, *([result.error] if result.error else ())]:
            print(f'{result.name}: {note}')
    recordings = [tracks for result in results if (tracks := annotated_tracks(result, goal))]
    if goal.of_people and not any(result.annotated_people for result in results):
        raise ValueError('expected annotations of people, got none; add the column person, or '
                         f'tune on the whole picture with --on {PICTURE}')
    total = options.trials * (len(folds(len(recordings))) + 1)
    with tqdm(total=total, unit='trial', desc='tune', disable=None) as bar:
        tuned = tune(recordings, job.settings.decision, goal, options.trials, options.seed,
                     bar.update, read_settings(options.params).decision.class_thresholds)
    values = {**(read_values(options.params) if options.params else {}),
              'model': job.settings.node.model}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(
        f'# Decision parameters by "tune --goal {goal.figure} --max-false-per-min '
        f'{goal.max_false_per_min:g}".\n' + yaml.safe_dump({ANY_NODE: {
            PARAMETERS: tuned_parameters(values, tuned.settings)}}, sort_keys=False))
    print(f'{format_tuning(tuned, goal)}\n{options.out}')
    return 1 if any(result.error for result in results) else 0
