# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Settings of the data path, one validated dataclass per concern; the only place of defaults."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
import math

BACKENDS = ('auto', 'tensorrt', 'torch_cuda', 'openvino', 'torch', 'onnx')
CPU_PRECISIONS = ('float32', 'bfloat16', 'int8')
AUTO_PRECISION = 'auto'

MIN_RATE_HZ = 0.01
MIN_THRESHOLD, MAX_THRESHOLD = 0.001, 0.999
THRESHOLD_DIGITS = 3
"""Decimals of a threshold that was computed."""


class SettingsError(ValueError):
    """Settings that cannot be used; the text names every wrong one."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        """
        Store the problems.

        :param problems: what each wrong setting must be and is, by name.
        """
        super().__init__('; '.join(problems.values()))
        self.problems = dict(problems)


def require(*rules: tuple[str, bool, str]) -> None:
    """
    Check all settings, and raise one error for all problems.

    :param rules: name of a setting, whether the rule holds, and what it must be and is.
    :raises SettingsError: with the first broken rule of each setting.
    """
    problems: dict[str, str] = {}
    for name, holds, text in rules:
        if not holds:
            problems.setdefault(name, f'{name} {text}')
    if problems:
        raise SettingsError(problems)


def scaled_threshold(threshold: float, factor: float) -> float:
    """
    Multiply a threshold.

    :param threshold: in [``MIN_THRESHOLD``, ``MAX_THRESHOLD``].
    :param factor: above 0.
    :return: the product within the same limits, rounded to ``THRESHOLD_DIGITS``.
    """
    return min(max(round(threshold * factor, THRESHOLD_DIGITS), MIN_THRESHOLD), MAX_THRESHOLD)


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowSettings:
    """When a camera's frames make a window."""

    hop: int = 4
    """Frames on the model's time grid between two windows of a camera, at least 1."""
    max_gap_sec: float = 0.5
    """Longest time between two frames, s, above 0; after a longer one the window restarts, as
    it does when stamps go back by more."""
    min_motion: float = 0.0
    """Fraction of the image that must change within a window for it to be scored, in [0, 1]; 0
    scores every window."""
    max_rate_hz: float = 0.0
    """Maximum rate of rounds, at least ``MIN_RATE_HZ``; 0 for no limit. A round scores the newest
    due window of every camera, so the limit holds for each camera and for the node."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the settings, what they must be, and their values.
        """
        require(
            ('hop', self.hop >= 1, f'must be at least 1 frame, got {self.hop}'),
            ('max_gap_sec', 0 < self.max_gap_sec < math.inf,
             f'must be above 0 s and finite, got {self.max_gap_sec}'),
            ('min_motion', 0 <= self.min_motion <= 1,
             f'must be in [0, 1], got {self.min_motion}'),
            ('max_rate_hz', self.max_rate_hz == 0 or MIN_RATE_HZ <= self.max_rate_hz < math.inf,
             f'must be 0, or at least {MIN_RATE_HZ} Hz, got {self.max_rate_hz}'))

    def window_limit_sec(self, num_frames: int, fps: float) -> float:
        """
        Return the longest time between two decisions on a camera whose images can be used.

        :param num_frames: frames of a window.
        :param fps: rate of the model's time grid, Hz.
        :return: s: a window, a hop, the largest gap, and the wait for the next round.
        """
        wait_sec = 1 / self.max_rate_hz if self.max_rate_hz else 0.0
        return (num_frames + self.hop) / fps + self.max_gap_sec + wait_sec


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingPoint:
    """Thresholds that come with a model, fitted on recordings for a rate of false actions."""

    enter_threshold: float = 0.8
    """Smoothed probability from which a class becomes a candidate, in [``MIN_THRESHOLD``,
    ``MAX_THRESHOLD``]."""
    leave_threshold: float = 0.4
    """Smoothed probability below which the decided action ends, in [``MIN_THRESHOLD``,
    enter_threshold]."""
    class_thresholds: Mapping[str, float] = field(default_factory=dict)
    """Enter thresholds of single classes, by label, with the same limits."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the entries, what they must be, and their values.
        """
        require(*_threshold_rules(self.enter_threshold, self.leave_threshold,
                                  self.class_thresholds))


@dataclass(frozen=True, kw_only=True, slots=True)
class DecisionSettings:
    """How scores over time become a label."""

    smoothing_sec: float = 0.2
    """Time constant of the exponential moving average of probabilities, s; 0 for none."""
    enter_threshold: float = 0.0
    """Smoothed probability from which a class becomes a candidate, in [``MIN_THRESHOLD``,
    ``MAX_THRESHOLD``], for an average hardly ever reaches 1; 0 for the model's, of each class its
    own."""
    leave_threshold: float = 0.0
    """Smoothed probability below which the decided action ends, in [``MIN_THRESHOLD``,
    enter_threshold]; 0 for the model's share of enter_threshold."""
    min_duration_sec: float = 0.2
    """How long a class must stay a candidate before it is decided, s, at least 0."""
    enabled_classes: tuple[str, ...] = ()
    """Labels that may be decided; empty for all."""
    class_thresholds: Mapping[str, float] = field(default_factory=dict)
    """Enter thresholds of single classes by label, with the limits of ``enter_threshold``; their
    leave thresholds are scaled alike. Other classes keep theirs."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the settings, what they must be, and their values.
        """
        require(
            *((name, 0 <= getattr(self, name) < math.inf,
               f'must be at least 0 s and finite, got {getattr(self, name)}')
              for name in ('smoothing_sec', 'min_duration_sec')),
            *_threshold_rules(self.enter_threshold, self.leave_threshold, self.class_thresholds,
                              or_zero=", or 0 for the model's"))

    def at(self, point: OperatingPoint) -> 'DecisionSettings':
        """
        Fill in what is left to the model.

        :param point: the model's thresholds.
        :return: settings whose thresholds are all above 0; the same if these are.
        :raises SettingsError: if a given leave threshold is above the model's enter threshold.
        """
        enter = self.enter_threshold or point.enter_threshold
        # What is given for all classes holds for all of them.
        of_model = {} if self.enter_threshold else point.class_thresholds
        leave = max(MIN_THRESHOLD, enter * point.leave_threshold / point.enter_threshold)
        return replace(
            self, enter_threshold=enter, leave_threshold=self.leave_threshold or leave,
            class_thresholds={**of_model, **self.class_thresholds})

    def check_labels(self, labels: Collection[str]) -> None:
        """
        Check that the model knows every class named here.

        :param labels: those of the model.
        :raises SettingsError: naming those it does not know.
        """
        unknown = {name: sorted(set(getattr(self, name)) - set(labels))
                   for name in ('enabled_classes', 'class_thresholds')}
        require(*((name, not words, f'must name classes of the model, {", ".join(labels)}; got '
                   f'{", ".join(words)}') for name, words in unknown.items()))


def _threshold_rules(
    enter: float, leave: float, of_classes: Mapping[str, float], or_zero: str = '',
) -> tuple[tuple[str, bool, str], ...]:
    """Return the rules of thresholds; ``or_zero`` says what a 0 means, where it is allowed."""
    is_free, highest_leave = bool(or_zero), enter or MAX_THRESHOLD
    return (
        ('enter_threshold', MIN_THRESHOLD <= enter <= MAX_THRESHOLD or is_free and enter == 0,
         f'must be in [{MIN_THRESHOLD}, {MAX_THRESHOLD}]{or_zero}, got {enter}'),
        ('leave_threshold', MIN_THRESHOLD <= leave <= highest_leave or is_free and leave == 0,
         f'must be in [{MIN_THRESHOLD}, '
         f'{f"enter_threshold = {enter}" if enter else MAX_THRESHOLD}]{or_zero}, got {leave}'),
        ('class_thresholds',
         all(MIN_THRESHOLD <= t <= MAX_THRESHOLD for t in of_classes.values()),
         f'must be in [{MIN_THRESHOLD}, {MAX_THRESHOLD}], got {dict(of_classes)}'))


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleSettings:
    """Who of the people in the picture gets windows of their own."""

    max_people: int = 6
    """Most people of a camera that are scored, the nearest (largest) first; at least 1."""
    person_margin: float = 1.4
    """Side of the square around a person, over the longer side of the person's box; at least 1.
    The default is the best of five on validation videos (``benchmarks.person_crops``)."""
    min_person_px: int = 40
    """Longer side of the box, in pixels of the camera's image, below which a person is not scored;
    at least 1."""
    person_timeout_sec: float = 1.0
    """How long a person counts as present without being detected, s, above 0."""
    person_class: str = 'person'
    """Class of the detections that are people; empty for all."""
    min_person_score: float = 0.2
    """Certainty of a detection below which it is ignored, in [0, 1]."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the settings, what they must be, and their values.
        """
        require(
            ('max_people', self.max_people >= 1, f'must be at least 1, got {self.max_people}'),
            ('person_margin', 1 <= self.person_margin < math.inf,
             f'must be at least 1 and finite, got {self.person_margin}'),
            ('min_person_px', self.min_person_px >= 1,
             f'must be at least 1 pixel, got {self.min_person_px}'),
            ('person_timeout_sec', 0 < self.person_timeout_sec < math.inf,
             f'must be above 0 s and finite, got {self.person_timeout_sec}'),
            ('min_person_score', 0 <= self.min_person_score <= 1,
             f'must be in [0, 1], got {self.min_person_score}'))


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendSettings:
    """What runs the network, and on how much of the CPU."""

    backend: str = 'auto'
    """One of ``BACKENDS``; ``auto`` is the first that works here, and of those for a GPU the
    faster one."""
    num_threads: int = 0
    """CPU threads of the network; 0 for one per core in ``cpu_cores``, or the backend's choice."""
    cpu_cores: tuple[int, ...] = ()
    """Numbers of the CPU cores that the network may use; empty for all."""
    cpu_precision: str = 'float32'
    """Number format of the network's arithmetic on a CPU: one of ``CPU_PRECISIONS``. ``bfloat16``
    needs a processor that supports it, ``int8`` a model that was quantised
    (``training.quantise``); ``auto`` is the fastest here that the model's card vouches for."""

    def __post_init__(self) -> None:
        """
        Check the values.

        :raises SettingsError: naming the settings, what they must be, and their values.
        """
        require(
            ('backend', self.backend in BACKENDS,
             f'must be one of {", ".join(BACKENDS)}, got {self.backend!r}'),
            ('cpu_precision', self.cpu_precision in (*CPU_PRECISIONS, AUTO_PRECISION),
             f'must be one of {", ".join((*CPU_PRECISIONS, AUTO_PRECISION))}, got '
             f'{self.cpu_precision!r}'),
            ('num_threads', self.num_threads >= 0, f'must be at least 0, got {self.num_threads}'),
            ('cpu_cores', all(core >= 0 for core in self.cpu_cores)
             and len({*self.cpu_cores}) == len(self.cpu_cores),
             f'must be numbers from 0 on, each once, got {list(self.cpu_cores)}'))
