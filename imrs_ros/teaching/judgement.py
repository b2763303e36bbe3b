# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a taught model reached on examples not learnt from, for card, terminal and page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.metrics.event_metrics import background_sec
from imrs_ros.evaluation.metrics.figures import per_class
from imrs_ros.evaluation.offline.playback import PlayedCamera
from imrs_ros.evaluation.offline.recording_result import Job, Result
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.files import PAGE_FILE, write_report
from imrs_ros.model_card import ModelCard
from imrs_ros.parameter_file import read_settings
from imrs_ros.records import NO_ACTION
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.examples_page import EXAMPLES_FILE, examples_page
from imrs_ros.teaching.teach import Lesson, Taught
from imrs_ros.teaching.thresholds import measured
import numpy as np
from scipy.stats import binomtest

ALIKE_SHARE = 0.15
"""Of the examples of a class that are taken for another one, from which on the two look alike."""
GREY_HWC = np.full((3, 4, 3), 128, np.uint8)
"""Stands for clips of which there is no image."""
MORE = 10
"""Examples of every class, of which the effect is estimated."""


def judgement(taught: Taught, lesson: Lesson, curve: Sequence[tuple[float, float]],
              false_per_min: float) -> dict[str, Any]:
    """
    Summarise, for the card.

    :param taught: what was learnt, and how it did.
    :param lesson: what was to be learnt.
    :param curve: of ``learning_curve``.
    :param false_per_min: false actions allowed per minute of background.
    :return: ``operating_point`` as of an exported model, ``named_right`` of every class, and
        ``learning_curve``.
    """
    classes = per_class(taught.tracks)
    return {
        'operating_point': {
            **measured(taught.tracks, false_per_min),
            'background_minutes': round(sum(map(background_sec, taught.tracks)) / 60, 1),
            'per_class': {label: {
                name: classes[label][name] for name in ('recall', 'false_actions')
                if name in classes[label]} for label in lesson.labels if label in classes}},
        'named_right': {label: [taught.num_right[label], taught.num_judged[label]]
                        for label in lesson.labels if taught.num_judged[label]},
        'named_right_before': [sum(taught.num_right_before.values()),
                               sum(taught.num_judged[label] for label in lesson.kept_labels)],
        'chance': round(1 / len(lesson.labels), 4),
        'confusions': [[*pair, count] for pair, count in taught.confusions.most_common()],
        'learning_curve': [[round(count, 1), round(share, 4)] for count, share in curve]}


def expected_with_more(curve: Sequence[tuple[float, float]]) -> float | None:
    """
    Estimate the share named right with ``MORE`` examples of every class more.

    A power law of the error (Hestness et al. 2017, "Deep learning scaling is predictable,
    empirically"), fitted to the curve.

    :param curve: of ``learning_curve``.
    :return: a share; None where the curve does not fall.
    """
    points = [(count, 1 - share) for count, share in curve if share < 1]
    if len({count for count, _ in points}) < 2:
        return None
    logs = np.log(points)
    slope, start = np.polyfit(logs[:, 0], logs[:, 1], 1)
    if slope >= 0:
        return None
    return float(1 - np.exp(start + slope * np.log(curve[-1][0] + MORE)))


def table(found: Mapping[str, Any], lesson: Lesson) -> str:
    """
    Format a judgement for the terminal.

    :param found: of ``judgement``.
    :param lesson: what was learnt.
    :return: lines.
    """
    point, classes = found['operating_point'], found['operating_point']['per_class']
    width = max(len('action'), *map(len, lesson.new_labels))
    lines = ['On examples and background that were not learnt from:',
             f'{"action":{width}}   named right      found   false actions']
    for label in lesson.new_labels:
        right, judged = found['named_right'].get(label, (0, 0))
        row = classes.get(label, {})
        recall = row.get('recall')
        lines.append(
            f'{label:{width}}   {right:>3} of {judged:<3}   '
            f'{"-" if recall is None else f"{100 * recall:.0f} %":>9}   '
            f'{row.get("false_actions", 0):>13}')
    lines += [f'{label:{width}}   {"":>10}   {"":>9}   {classes[label]["false_actions"]:>13}'
              for label in lesson.kept_labels if classes.get(label, {}).get('false_actions')]
    if lesson.kept_labels:
        before, judged = found['named_right_before']
        right = sum(found['named_right'].get(label, (0, 0))[0] for label in lesson.kept_labels)
        lines.append(f'actions that are kept: {right} of {judged} clips of 2 s named right, '
                     f'{before} before')
    count, total, rate = point['num_found'], point['num_actions'], point['false_per_min']
    within = binomtest(count, total).proportion_ci(method='wilson')
    lines.append(
        f'{count} of {total} examples found ({100 * within.low:.0f} to '
        f'{100 * within.high:.0f} %), {"-" if rate is None else f"{rate:.1f}"} false actions a '
        f'minute in {point["background_minutes"]} minutes of background, '
        f'{point["allowed_false_per_min"]:g} allowed')
    if rate is not None and rate > point['allowed_false_per_min']:
        lines.append('no thresholds keep the rate: the background looks like the actions; give '
                     'more examples, and more background of that kind')
    return '\n'.join([*lines, *_missed(found, lesson), *_alike(found, lesson),
                      *_more(found, len(lesson.labels))])


def _missed(found: Mapping[str, Any], lesson: Lesson) -> list[str]:
    """Return a warning for each action that is named right and yet hardly ever decided."""
    lines = []
    for label in lesson.new_labels:
        right, judged = found['named_right'].get(label, (0, 0))
        recall = found['operating_point']['per_class'].get(label, {}).get('recall')
        if recall is not None and 2 * recall * judged < right:
            lines.append(
                f'warning: {label} is named right and hardly ever decided: background scores as '
                'high as its examples. Look for examples that show background, or allow more '
                'false actions (--false-per-min)')
    return lines


def _alike(found: Mapping[str, Any], lesson: Lesson) -> list[str]:
    lines = []
    for one, other, count in found['confusions']:
        judged = found['named_right'][one][1]
        if count >= ALIKE_SHARE * judged and one in lesson.new_labels:
            lines.append(f'{one} is taken for {other} in {count} of {judged} examples; give more '
                         f'examples of {one}' + (
                             f' and {other}' if other in lesson.new_labels else ''))
    return lines


def _more(found: Mapping[str, Any], num_classes: int) -> list[str]:
    curve = dict(found['learning_curve'])
    if len(curve) < 2:
        return []
    steps = ', '.join(f'{100 * share:.0f} % from {count:g}' for count, share in curve.items())
    lines = [f'new actions named right, by examples of each to learn from: {steps}; by chance '
             f'1 in {num_classes}']
    points = list(curve.items())
    expected = expected_with_more(points)
    if expected is not None and expected > points[-1][1]:
        lines.append(f'with {MORE} more of each, probably about {100 * expected:.0f} %')
    return lines


def report_of(taught: Taught, lesson: Lesson, card: ModelCard, folder: Path) -> None:
    """
    Write the report page of the held-out recordings, and one of the examples named wrong.

    :param taught: what was learnt, and how it did.
    :param lesson: what was learnt.
    :param card: of the new model.
    :param folder: of the report.
    """
    results = [Result(
        f'held out {number}', track.duration_ns,
        [(_seen_by(shown, number), track)],
        notes=['put together from examples and background that were not learnt from: '
               + ', '.join(Path(clip.name).name for _, clip in shown
                           if clip.label != NO_ACTION)
               + '; a grey image stands for a clip of the bank, of which there is none'])
        for number, (track, shown) in enumerate(zip(taught.tracks, taught.shown), 1)]
    settings = read_settings(None)
    job = Job(card=card, settings=replace(
        settings, decision=settings.decision.at(card.operating_point)))
    report = build_report(results, job)
    add_curve(report, results, job)
    write_report(report, results, folder, is_printed=False)
    examples = folder / EXAMPLES_FILE
    examples.write_text(examples_page(taught, lesson), encoding='utf-8')
    print(f'{folder / PAGE_FILE}\n{examples}')


def _seen_by(shown: Sequence[tuple[int, ClipFeatures]], number: int) -> PlayedCamera:
    """Return a camera that saw clips of which there are images, and grey ones of the others."""
    camera = PlayedCamera('examples', f'/held_out_{number}')
    if any(clip.image is not None for _, clip in shown):
        for time_ns, clip in shown:
            if clip.image is None:
                camera.add_thumbnail(time_ns, GREY_HWC)
            else:
                camera.thumbnails[time_ns] = clip.image
    return camera
