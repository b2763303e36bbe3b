# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit the last layers of a model to examples of new actions, and judge them on what they never saw.

    rows of new classes   on the examples; the rows of classes that are kept stay as they are
    score of none         distances to the new classes, and an extra class, of all other actions
    evidence, thresholds  on decisions over time, cross-validated: every example, and every
                          background, is judged by layers that saw nothing of its group

Layout legend: M windows, D features, K classes, E pieces of evidence.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from imrs_ros.decision import softmax
from imrs_ros.evaluation.decide_anew import decide
from imrs_ros.evaluation.ground_truth.segment import Segment
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import hold_ns, settle_ns
from imrs_ros.model_card import InputSpec
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import DecisionSettings, OperatingPoint, WindowSettings
from imrs_ros.teaching.clip_features import ClipFeatures
from imrs_ros.teaching.footage import TeachingError
from imrs_ros.teaching.last_layers import Floats, LastLayers
from imrs_ros.teaching.new_classes import adapt_extra, add_classes, even_weights
from imrs_ros.teaching.none_fit import (
    class_means, fit_evidence, fit_none_layer, scale_evidence)
from imrs_ros.teaching.thresholds import fit_new_thresholds, fit_operating_point
import numpy as np
from numpy.typing import NDArray

MAX_FOLDS = 5
MIN_GROUPS = 2
"""Of examples of a class: one to learn from, and one to judge by."""
LEAST_MOTION = 0.005
"""Share of the image that changes in an example."""
FEW_GROUPS = 5
CURVE_SHARES = (0.25, 0.5, 1.0)
"""Of the examples, for the learning curve."""
_Windows = tuple[Floats, NDArray[np.int64], Floats]
"""Normalised features of M windows, their classes, and how much each counts."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """All that is learnt from."""

    kept_labels: tuple[str, ...]
    """Classes of the model that stay."""
    new_labels: tuple[str, ...]
    """Classes that are taught."""
    learnt: tuple[ClipFeatures, ...]
    """Clips of kept classes that the network learnt from: never judged on."""
    known: tuple[ClipFeatures, ...]
    """Clips of new classes, and of kept ones that the network did not learn from."""
    other: tuple[ClipFeatures, ...]
    """Clips that show none of the classes."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Return all classes, in the order of the logits."""
        return (*self.kept_labels, *self.new_labels)

    def without(self, groups: set[str]) -> 'Lesson':
        """
        Return the same without some groups.

        :param groups: of clips.
        :return: the rest.
        """
        return replace(
            self, known=tuple(clip for clip in self.known if clip.group not in groups),
            other=tuple(clip for clip in self.other if clip.group not in groups))


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """The network that is taught."""

    layers: LastLayers
    """Of its kept classes, with its score of none, where it has one."""
    still_dim: int
    """How many of the features, the first ones, say how the scene looks."""
    spec: InputSpec
    """Its input."""
    operating_point: OperatingPoint
    """Thresholds of its classes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taught:
    """What was learnt, and how it did on what it had not seen."""

    layers: LastLayers
    """Of all classes."""
    operating_point: OperatingPoint
    """Thresholds of all classes."""
    tracks: tuple[Track, ...]
    """Decisions on held-out examples of new classes with background between them, one recording
    put together for every fold."""
    confusions: Counter[tuple[str, str]]
    """How many held-out examples of a class were taken for another one."""
    num_right: Counter[str]
    """How many held-out examples of a class were named right, as a whole."""
    num_judged: Counter[str]
    """How many there were."""
    num_right_before: Counter[str]
    """How many of those of kept classes the model named right before, among its own classes."""
    wrong: tuple[tuple[ClipFeatures, str], ...]
    """Held-out examples of new classes that were named wrong, and as what."""
    shown: tuple[tuple[tuple[int, ClipFeatures], ...], ...]
    """Of every track, the clips that it was put together from, in order, each with the time of its
    middle, ns."""


def check_lesson(lesson: Lesson) -> list[str]:
    """
    Check the examples before anything is fitted.

    :param lesson: what is to be learnt.
    :return: warnings.
    :raises TeachingError: when a class cannot be taught.
    """
    warnings = []
    for label in lesson.new_labels:
        clips = [clip for clip in lesson.known if clip.label == label]
        groups = {clip.group for clip in clips}
        if len(groups) < MIN_GROUPS:
            raise TeachingError(
                f'{label}: expected {MIN_GROUPS} examples or more, of different people, places '
                'or recordings, so that one can be judged by what was learnt from the others, '
                f'got {len(groups)}; record more ("ros2 run imrs_ros capture --label {label}")')
        warnings += [f'{clip.name}: hardly anything moves' for clip in clips
                     if clip.motion < LEAST_MOTION]
        if len(groups) < FEW_GROUPS:
            warnings.append(f'{label}: {len(clips)} examples of {len(groups)} people, places or '
                            f'recordings are few; {FEW_GROUPS} or more are better')
    if not lesson.other:
        raise TeachingError('expected footage that shows none of the actions, to learn what is '
                            'not one, got none; give --background FOLDER')
    if len({clip.group for clip in lesson.other}) < MIN_GROUPS:
        raise TeachingError(
            f'expected at least {MIN_GROUPS} recordings that show none of the actions, got one; '
            'give more in --background, or cut it in two')
    return warnings


def teach(base: Base, lesson: Lesson, false_per_min: float, seed: int = 0,
          on_step: Callable[[], object] = lambda: None) -> Taught:
    """
    Teach new classes.

    :param base: the network.
    :param lesson: checked by ``check_lesson``.
    :param false_per_min: false actions allowed per minute of background.
    :param seed: of the folds.
    :param on_step: called after each of ``num_steps``.
    :return: the layers, and how layers that saw less did on what they had not seen.
    """
    parts = split(lesson, seed)
    held: list[tuple[LastLayers, Lesson]] = []
    for groups in parts:
        held.append((fit_layers(base, lesson.without(groups)), _only(lesson, groups)))
        on_step()
    layers = fit_layers(base, lesson)
    weight_E, bias = _fit_evidence(
        base, lesson,
        np.concatenate([_evidence(own, part.known) for own, part in held if part.known]),
        [_evidence(own, part.other) for own, part in held if part.other])
    layers = _with_evidence(layers, weight_E, bias)
    held = [(_with_evidence(own, weight_E, bias), part) for own, part in held]
    judged = [(own, _of(part, lesson.new_labels)) for own, part in held]
    tracks = _tracks(base.spec, judged, lesson.labels)
    # Without background between them: what follows a kept action would be excused as its end.
    of_kept = _tracks(
        base.spec, [(own, replace(_of(part, lesson.kept_labels), other=())) for own, part in held],
        lesson.labels)
    settings = DecisionSettings()
    point = (fit_new_thresholds([*tracks, *of_kept], settings, false_per_min,
                                base.operating_point, lesson.new_labels) if lesson.kept_labels
             else fit_operating_point(tracks, settings, false_per_min))
    on_step()
    confusions, num_right, num_judged, wrong = _count(held, lesson)
    return Taught(
        layers=layers, operating_point=point, confusions=confusions, num_right=num_right,
        num_judged=num_judged, num_right_before=_right_before(base, lesson),
        wrong=wrong, shown=tuple(_middles(base.spec, part) for _, part in judged
                                 if part.known or part.other),
        tracks=tuple(decide(track, settings.at(point)) for track in tracks))


def num_steps(lesson: Lesson) -> int:
    """
    Return the number of steps of ``teach``.

    :param lesson: what is learnt.
    :return: for a progress bar.
    """
    return len(split(lesson)) + 1


def split(lesson: Lesson, seed: int = 0) -> list[set[str]]:
    """
    Divide the groups of all clips into folds, those of every class evenly.

    :param lesson: checked by ``check_lesson``.
    :param seed: of the order.
    :return: at least two sets of groups, without any one of which there are clips of every new
        class, and of other actions, left.
    """
    fewest = min(len({clip.group for clip in lesson.known if clip.label == label})
                 for label in lesson.new_labels)
    num_folds = max(2, min(MAX_FOLDS, fewest))
    # Groups that have several classes may need more folds; of a fold each, nothing is missing.
    while True:
        folds = _deal(lesson, num_folds, seed)
        if all(_can_teach(lesson.without(groups)) for groups in folds):
            return [groups for groups in folds if groups]
        num_folds += 1


def _can_teach(lesson: Lesson) -> bool:
    return bool(lesson.other) and {clip.label for clip in lesson.known} >= {*lesson.new_labels}


def _deal(lesson: Lesson, num_folds: int, seed: int) -> list[set[str]]:
    rng = np.random.default_rng(seed)
    folds: list[set[str]] = [set() for _ in range(num_folds)]
    placed: set[str] = set()
    for label in (*lesson.labels, NO_ACTION):
        clips = lesson.other if label == NO_ACTION else lesson.known
        groups = sorted({clip.group for clip in clips if clip.label == label} - placed)
        placed |= set(groups)
        # Of the fold with the fewest clips of this class first: a group may have several classes.
        for place in rng.permutation(len(groups)):
            sizes = [(sum(clip.group in fold for clip in clips if clip.label == label), len(fold))
                     for fold in folds]
            folds[sizes.index(min(sizes))].add(groups[place])
    return folds


def fit_layers(base: Base, lesson: Lesson) -> LastLayers:
    """
    Fit the rows of new classes, and the score of none but for its evidence.

    :param base: the network.
    :param lesson: what is learnt.
    :return: layers whose weights of the evidence are zero.
    """
    known = _windows(base, lesson, (*lesson.learnt, *lesson.known))
    known_MD, truth_M, weight_M = known
    layers = _add_classes(base, lesson, known)
    other_MD = layers.normalise(np.concatenate([clip.features_ND for clip in lesson.other]))
    num_kept = len(lesson.kept_labels)
    none = base.layers.none
    if none is None or not num_kept:
        return replace(layers, none=fit_none_layer(known_MD, truth_M, other_MD,
                                                   len(lesson.labels)))
    # The space of distances, and the places of the kept classes in it, were fitted on far more.
    is_new_M = truth_M >= num_kept
    new_JP = class_means(known_MD[is_new_M] @ none.whiten_PD.T + none.whiten_bias_P,
                         truth_M[is_new_M] - num_kept, len(lesson.new_labels))
    extra_1D, extra_bias = adapt_extra(
        none.extra_1D, none.extra_bias, known_MD, weight_M, other_MD)
    return replace(layers, none=replace(
        none, extra_1D=extra_1D, extra_bias=extra_bias,
        centres_KP=np.concatenate([none.centres_KP[:num_kept], new_JP])))


def _windows(base: Base, lesson: Lesson, clips: Sequence[ClipFeatures]) -> _Windows:
    rows = [base.layers.normalise(clip.to_learn_ND) for clip in clips]
    lengths = [len(each) for each in rows]
    return (np.concatenate(rows),
            np.repeat([lesson.labels.index(clip.label) for clip in clips], lengths),
            even_weights(lengths))


def _add_classes(base: Base, lesson: Lesson, known: _Windows) -> LastLayers:
    return add_classes(replace(base.layers, none=None), base.still_dim, *known,
                       len(lesson.new_labels))


def _only(lesson: Lesson, groups: set[str]) -> Lesson:
    return replace(lesson, learnt=(),
                   known=tuple(clip for clip in lesson.known if clip.group in groups),
                   other=tuple(clip for clip in lesson.other if clip.group in groups))


def _of(lesson: Lesson, labels: Sequence[str]) -> Lesson:
    """Return the same with known clips of some classes alone."""
    return replace(lesson, known=tuple(clip for clip in lesson.known if clip.label in labels))


def _fit_evidence(base: Base, lesson: Lesson, known_ME: Floats, others: Sequence[Floats],
                  ) -> tuple[Floats, float]:
    """Fit how the evidence adds up; what counts how much was fitted on more, for a kept class."""
    none = base.layers.none
    if none is None or not lesson.kept_labels:
        return fit_evidence(known_ME, others)
    return scale_evidence(none.evidence_E, known_ME, others)


def _evidence(layers: LastLayers, clips: Sequence[ClipFeatures]) -> Floats:
    assert layers.none is not None
    x_ND = layers.normalise(np.concatenate([clip.features_ND for clip in clips]))
    return layers.none.evidence_of(x_ND, layers.logits_of_classes(x_ND))


def _with_evidence(layers: LastLayers, weight_E: Floats, bias: float) -> LastLayers:
    assert layers.none is not None
    return replace(layers, none=replace(layers.none, evidence_E=weight_E, evidence_bias=bias))


def _tracks(spec: InputSpec, held: Sequence[tuple[LastLayers, Lesson]], labels: tuple[str, ...],
            ) -> list[Track]:
    return [_track(spec, own, part, labels) for own, part in held if part.known or part.other]


def _track(spec: InputSpec, layers: LastLayers, part: Lesson, labels: tuple[str, ...]) -> Track:
    """
    Put clips together, background between them in turn, as if one camera had seen them.

    Windows with frames of two clips are missing.
    """
    placed = _placed(spec, part)
    times = np.concatenate([times_N for _, _, times_N in placed])
    end_ns = [int(times_N[-1]) + _period_ns(spec) for _, _, times_N in placed]
    annotated = tuple(
        Segment(start_ns, clip_end_ns, clip.label)
        for (clip, start_ns, _), clip_end_ns in zip(placed, end_ns) if clip.label != NO_ACTION)
    logits_NL = layers.classify(np.concatenate([clip.features_ND for clip, _, _ in placed]))
    return Track(
        classes=labels, duration_ns=end_ns[-1], hold_ns=hold_ns(WindowSettings(), spec),
        settle_ns=settle_ns(spec), times_N=times, known_N=times,
        probabilities_NK=softmax(logits_NL.astype(np.float32), 1.0)[:, :len(labels)],
        decided_labels=(), confidences_N=np.zeros(0), annotated=annotated)


def _placed(spec: InputSpec, part: Lesson,
            ) -> list[tuple[ClipFeatures, int, NDArray[np.int64]]]:
    """Return clips in their order in a track, each with its start and the times of its windows."""
    known, other = list(part.known), list(part.other)
    per_known = len(other) / max(1, len(known))
    order: list[ClipFeatures] = []
    for number, clip in enumerate(known):
        order += other[round(number * per_known):round((number + 1) * per_known)]
        order.append(clip)
    order += [] if known else other
    found, now_ns = [], 0
    for clip in order:
        start_ns = now_ns
        if clip.label != NO_ACTION:
            # The action lasts as long as its first window before it is known.
            now_ns += round((spec.num_frames - 1) / spec.fps * 1e9)
        times_N = now_ns + _period_ns(spec) * np.arange(len(clip.features_ND))
        now_ns = int(times_N[-1]) + _period_ns(spec)
        found.append((clip, start_ns, times_N))
    return found


def _period_ns(spec: InputSpec) -> int:
    return round(WindowSettings().hop / spec.fps * 1e9)


def _middles(spec: InputSpec, part: Lesson) -> tuple[tuple[int, ClipFeatures], ...]:
    return tuple(((start_ns + int(times_N[-1])) // 2, clip)
                 for clip, start_ns, times_N in _placed(spec, part))


def _right_before(base: Base, lesson: Lesson) -> Counter[str]:
    return Counter(
        clip.label for clip in lesson.known if clip.label in lesson.kept_labels
        and lesson.kept_labels[name_clip(base.layers, clip, len(lesson.kept_labels))]
        == clip.label)


def _count(held: Sequence[tuple[LastLayers, Lesson]], lesson: Lesson,
           ) -> tuple[Counter[tuple[str, str]], Counter[str], Counter[str],
                      tuple[tuple[ClipFeatures, str], ...]]:
    confusions: Counter[tuple[str, str]] = Counter()
    num_right: Counter[str] = Counter()
    num_judged: Counter[str] = Counter()
    wrong = []
    for layers, part in held:
        for clip in part.known:
            best = lesson.labels[name_clip(layers, clip, len(lesson.labels))]
            num_judged[clip.label] += 1
            num_right[clip.label] += best == clip.label
            if best != clip.label:
                confusions[clip.label, best] += 1
                if clip.label in lesson.new_labels:
                    wrong.append((clip, best))
    return confusions, num_right, num_judged, tuple(wrong)


def name_clip(layers: LastLayers, clip: ClipFeatures, num_classes: int) -> int:
    """
    Name an example as a whole.

    :param layers: of all classes.
    :param clip: the example.
    :param num_classes: K.
    :return: number of the class with the greatest mean probability over its windows.
    """
    logits_NL = layers.classify(clip.features_ND).astype(np.float32)
    return int(softmax(logits_NL, 1.0)[:, :num_classes].mean(axis=0).argmax())


def learning_curve(base: Base, lesson: Lesson, seed: int = 0,
                   on_step: Callable[[], object] = lambda: None) -> list[tuple[float, float]]:
    """
    Measure how many held-out examples of new classes are named right, by how many are learnt from.

    :param base: the network.
    :param lesson: what is learnt.
    :param seed: of folds and subsets.
    :param on_step: called after every fold of every subset.
    :return: examples of a class on average, and the share named right, for growing subsets.
    """
    parts, rng = split(lesson, seed), np.random.default_rng(seed)
    found = []
    for share in CURVE_SHARES:
        num_right = num_judged = 0
        counts = []
        for groups in parts:
            learnt = _share_of(lesson.without(groups), share, rng)
            counts.append(sum(clip.label in lesson.new_labels for clip in learnt)
                          / len(lesson.new_labels))
            layers = _add_classes(base, lesson, _windows(base, lesson, learnt))
            for clip in lesson.known:
                if clip.group in groups and clip.label in lesson.new_labels:
                    num_judged += 1
                    best = lesson.labels[name_clip(layers, clip, len(lesson.labels))]
                    num_right += best == clip.label
            on_step()
        found.append((float(np.mean(counts)), num_right / max(1, num_judged)))
    return found


def _share_of(lesson: Lesson, share: float, rng: np.random.Generator) -> list[ClipFeatures]:
    """Return all clips of kept classes, and a share of the groups of every new one."""
    chosen = [clip for clip in (*lesson.learnt, *lesson.known)
              if clip.label in lesson.kept_labels]
    for label in lesson.new_labels:
        clips = [clip for clip in lesson.known if clip.label == label]
        groups = sorted({clip.group for clip in clips})
        count = max(1, round(share * len(groups)))
        some = {groups[i] for i in rng.permutation(len(groups))[:count]}
        chosen += [clip for clip in clips if clip.group in some]
    return chosen
