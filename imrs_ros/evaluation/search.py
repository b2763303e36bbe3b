# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Decision settings chosen on recordings, and judged on recordings they were not chosen on."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from imrs_ros.evaluation.decide_anew import decide_all
from imrs_ros.evaluation.goal import Goal
from imrs_ros.evaluation.metrics.figure import Value
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.operating_curve import scaled
from imrs_ros.node_settings import thresholds_text
from imrs_ros.settings import DecisionSettings, OperatingPoint
import optuna

MAX_FOLDS = 5
RANGES = {'lowest_threshold': (0.05, 0.95), 'leave_share': (0.3, 1.0), 'smoothing_sec': (0.0, 2.0),
          'min_duration_sec': (0.0, 1.0)}
"""Search space. All enter thresholds are multiplied by one factor, which the lowest of them gives;
the leave threshold is a fraction of the enter threshold."""
TUNED_PARAMETERS = ('enter_threshold', 'leave_threshold', 'smoothing_sec', 'min_duration_sec')
DIGITS = 3
EXCESS = 'excess'


@dataclass(frozen=True, slots=True)
class Tuned:
    """Chosen settings, and their figures on recordings they were not chosen on."""

    settings: DecisionSettings
    """Chosen on all recordings."""
    before: dict[str, Value]
    """Figures of the present settings on all recordings."""
    held_out: dict[str, Value] | None
    """Figures of each recording by settings chosen on the others; None for a single one."""
    on_all: dict[str, Value]
    """Figures of the chosen settings on the recordings they were chosen on: too good."""


def search(recordings: Sequence[Sequence[Track]], start: DecisionSettings, goal: Goal,
           num_trials: int, seed: int, on_trial: Callable[[], object] = lambda: None,
           kept: Collection[str] = ()) -> DecisionSettings:
    """
    Search settings by a tree-structured Parzen estimator (Bergstra et al. 2011), seeded.

    :param recordings: annotated tracks of each: of its cameras, or of its people.
    :param start: tried first; its classes stay, and their thresholds are multiplied by the same
        factor as that of all. Thresholds that it leaves to the model are those of
        ``OperatingPoint()``.
    :param goal: what to improve.
    :param num_trials: how many settings are tried.
    :param seed: of the search.
    :param on_trial: called after each trial.
    :param kept: classes whose own thresholds stay as they are.
    :return: the best of those that keep false actions within what is allowed; if none does, the
        one with the fewest.
    """
    start = start.at(OperatingPoint())
    stays = {label: start.class_thresholds[label] for label in kept}
    lowest = min([start.enter_threshold, *(
        start.class_thresholds[label] for label in start.class_thresholds.keys() - stays.keys())])

    def settings_of(values: Mapping[str, float]) -> DecisionSettings:
        other = scaled(start, values['lowest_threshold'] / lowest)
        return replace(
            other, class_thresholds={**other.class_thresholds, **stays},
            leave_threshold=round(other.enter_threshold * values['leave_share'], DIGITS),
            smoothing_sec=round(values['smoothing_sec'], DIGITS),
            min_duration_sec=round(values['min_duration_sec'], DIGITS))

    def worth(trial: optuna.Trial) -> float:
        values = {name: trial.suggest_float(name, *limits) for name, limits in RANGES.items()}
        found = goal.figures(_decided(recordings, settings_of(values)))
        trial.set_user_attr(EXCESS, goal.excess(found))
        trial.set_constraint(EXCESS, goal.excess(found))
        on_trial()
        return goal.worth(found)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction='maximize', sampler=optuna.samplers.TPESampler(seed=seed))
    first = {**asdict(start), 'lowest_threshold': lowest,
             'leave_share': start.leave_threshold / start.enter_threshold}
    study.enqueue_trial({name: min(max(first[name], low), high)
                         for name, (low, high) in RANGES.items()})
    study.optimize(worth, n_trials=num_trials)
    allowed = [trial for trial in study.trials if trial.user_attrs[EXCESS] <= 0]
    best = (max(allowed, key=lambda trial: trial.value or 0.0) if allowed
            else min(study.trials, key=lambda trial: trial.user_attrs[EXCESS]))
    return settings_of(best.params)


def tune(recordings: Sequence[Sequence[Track]], start: DecisionSettings, goal: Goal,
         num_trials: int = 100, seed: int = 0, on_trial: Callable[[], object] = lambda: None,
         kept: Collection[str] = ()) -> Tuned:
    """
    Tune settings, cross-validated over recordings.

    :param recordings: annotated tracks of each: of its cameras, or of its people.
    :param start: the present settings.
    :param goal: what to improve.
    :param num_trials: per search; there is one search per fold and one on all recordings.
    :param seed: of the searches.
    :param on_trial: called after each trial.
    :param kept: classes whose own thresholds stay as they are.
    :return: the chosen settings and their figures.
    :raises ValueError: if nothing is annotated, or without a trial.
    """
    if num_trials < 1:
        raise ValueError(f'expected at least 1 trial, got {num_trials}')
    if not any(recordings):
        raise ValueError('expected annotated recordings, got none; see annotate-template')
    held_out: list[Track] = []
    for fold in folds(len(recordings)):
        chosen = search([tracks for i, tracks in enumerate(recordings) if i not in fold],
                        start, goal, num_trials, seed, on_trial, kept)
        held_out += _decided([recordings[i] for i in fold], chosen)
    settings = search(recordings, start, goal, num_trials, seed, on_trial, kept)
    return Tuned(
        settings, goal.figures(_decided(recordings, start)),
        goal.figures(held_out) if held_out else None,
        goal.figures(_decided(recordings, settings)))


def _decided(recordings: Sequence[Sequence[Track]], settings: DecisionSettings) -> list[Track]:
    return [track for tracks in recordings for track in decide_all(tracks, settings)]


def folds(num_recordings: int) -> list[list[int]]:
    """
    Split recordings for cross-validation.

    :param num_recordings: how many there are.
    :return: indices of those that are held out together, in at most ``MAX_FOLDS`` groups; none
        for a single recording.
    """
    if num_recordings < 2:
        return []
    num_folds = min(MAX_FOLDS, num_recordings)
    return [list(range(first, num_recordings, num_folds)) for first in range(num_folds)]


def tuned_parameters(values: Mapping[str, Any], settings: DecisionSettings) -> dict[str, Any]:
    """
    Put tuned settings into the values of a parameter file.

    :param values: of the present file.
    :param settings: tuned.
    :return: all values, with those that were tuned replaced. The thresholds of classes are given,
        too: beside a threshold for all classes, the model's do not hold.
    """
    return {**values, **{name: getattr(settings, name) for name in TUNED_PARAMETERS},
            'class_thresholds': thresholds_text(settings.class_thresholds)}
