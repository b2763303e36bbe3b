# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Sequences of boxes of people whose identities are known, for the comparison of trackers.

``simulate`` makes up people who walk, turn and cover each other. ``overlay`` lays two walks that
the people finder saw on a real clip over each other, one of them mirrored: boxes are real, who is
who is known. Who is covered by someone nearer is not seen.

Layout legend: P people, 4 left, top, right and bottom.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.people.detection import Box, Detection
import numpy as np
from numpy.typing import NDArray

STEP_SEC = 0.01
HIDDEN_SHARE = 0.6
"""Of a box, covered by a nearer person's: the detector misses who is covered more."""
MISS_RATE, JITTER, NOBODY_RATE = 0.05, 0.03, 0.01
"""Missed although visible; deviation of a side, in shares of the box; boxes of nobody."""
TURN_SEC = 3.0
"""Mean time until someone changes pace or direction."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Seen:
    """What a detector says of one image, and who it is."""

    stamp_ns: int
    people: tuple[Detection, ...]
    truth: tuple[int, ...]
    """Number of each person; ``NOBODY`` for a false detection."""


def hidden_share(box_4: NDArray[np.float64], nearer_4: NDArray[np.float64]) -> float:
    """
    Return how much of a box another one covers.

    :param box_4: the box.
    :param nearer_4: the other one.
    :return: a share, in [0, 1].
    """
    sides_2 = np.minimum(box_4[2:], nearer_4[2:]) - np.maximum(box_4[:2], nearer_4[:2])
    return float(np.prod(sides_2.clip(min=0)) / np.prod(box_4[2:] - box_4[:2]))


def simulate(seed: int, num_people: int, duration_sec: float, rate_hz: float) -> list[Seen]:
    """
    Make up people who walk back and forth before a camera.

    :param seed: of the random numbers.
    :param num_people: all are there all the time.
    :param duration_sec: length.
    :param rate_hz: of the detector.
    :return: what the detector says.
    """
    rng = np.random.default_rng(seed)
    x_P, depth_P = rng.uniform(0.1, 0.9, num_people), rng.uniform(0, 1, num_people)
    speed_P = rng.uniform(-0.25, 0.25, num_people)
    height_P, foot_P = 0.45 + 0.3 * depth_P, 0.55 + 0.4 * depth_P
    sequence = []
    for step in range(round(duration_sec / STEP_SEC)):
        turns_P = rng.random(num_people) < STEP_SEC / TURN_SEC
        paces_P = rng.choice([-1, 0, 1], num_people) * rng.uniform(0.05, 0.35, num_people)
        speed_P = np.where(turns_P, paces_P, speed_P)
        x_P = x_P + speed_P * STEP_SEC
        speed_P = np.where((x_P < 0.05) | (x_P > 0.95), -speed_P, speed_P)
        x_P = x_P.clip(0.05, 0.95)
        if step % round(1 / (rate_hz * STEP_SEC)) == 0:
            stride_P = 1 + 0.15 * np.sin(2 * np.pi * step * STEP_SEC + 9 * depth_P)
            half_P = 0.08 * (0.75 + 0.5 * depth_P) * stride_P
            boxes_P4 = np.stack([x_P - half_P, foot_P - height_P, x_P + half_P, foot_P], axis=1)
            sequence.append(_look(rng, step * STEP_SEC, boxes_P4, depth_P))
    return sequence


def _look(
    rng: np.random.Generator, at_sec: float, boxes_P4: NDArray[np.float64],
    depth_P: NDArray[np.float64],
) -> Seen:
    people, truth = [], []
    for number, box_4 in enumerate(boxes_P4):
        hidden = max((hidden_share(box_4, boxes_P4[other]) for other in range(len(boxes_P4))
                      if depth_P[other] > depth_P[number]), default=0.0)
        if hidden <= HIDDEN_SHARE and rng.random() >= MISS_RATE:
            sides_2 = box_4[2:] - box_4[:2]
            noisy_4 = box_4 + rng.normal(0, JITTER, 4) * np.tile(sides_2, 2)
            score = min(1.0, max(0.2, float(rng.normal(0.5 - 0.3 * hidden, 0.1))))
            people.append(Detection(Box(*map(float, noisy_4)), score))
            truth.append(number)
    if rng.random() < NOBODY_RATE:
        left, top = map(float, rng.uniform(0, 0.7, 2))
        people.append(Detection(Box(left, top, left + 0.1, top + 0.3), 0.22))
        truth.append(NOBODY)
    return Seen(round(1e9 * (1 + at_sec)), tuple(people), tuple(truth))


def overlay(
    walks: Sequence[Sequence[tuple[int, Detection]]], delay_ns: int, rate_hz: float,
) -> list[Seen]:
    """
    Lay two walks over each other, the second one mirrored and later.

    :param walks: stamp and detection of everyone, in order; the first person is nearer.
    :param delay_ns: how much later the second one begins.
    :param rate_hz: of the detector; between the stamps of a walk, boxes are interpolated.
    :return: what the detector says.
    """
    mirrored = [(ns + delay_ns, Detection(Box(
        1 - seen.box.right, seen.box.top, 1 - seen.box.left, seen.box.bottom), seen.score))
        for ns, seen in walks[1]]
    both, period_ns = (walks[0], mirrored), round(1e9 / rate_hz)
    last_ns = max(walk[-1][0] for walk in both)
    sequence = []
    for stamp_ns in range(min(walk[0][0] for walk in both), last_ns + 1, period_ns):
        found = {number: seen for number, walk in enumerate(both)
                 if (seen := _at(walk, stamp_ns)) is not None}
        if len(found) == 2 and hidden_share(*(np.array([
                seen.box.left, seen.box.top, seen.box.right, seen.box.bottom])
                for seen in (found[1], found[0]))) > HIDDEN_SHARE:
            del found[1]
        sequence.append(Seen(stamp_ns + 10**9, tuple(found.values()), tuple(found)))
    return sequence


def _at(walk: Sequence[tuple[int, Detection]], stamp_ns: int) -> Detection | None:
    """Return a detection between two that are at most 0.15 s apart; None where there is none."""
    stamps = [ns for ns, _ in walk]
    later = int(np.searchsorted(stamps, stamp_ns))
    if later < len(walk) and stamps[later] == stamp_ns:
        return walk[later][1]
    if not 0 < later < len(walk) or stamps[later] - stamps[later - 1] > 150_000_000:
        return None
    share = (stamp_ns - stamps[later - 1]) / (stamps[later] - stamps[later - 1])
    one, other = walk[later - 1][1], walk[later][1]

    def between(a: float, b: float) -> float:
        return a + share * (b - a)
    return Detection(Box(
        between(one.box.left, other.box.left), between(one.box.top, other.box.top),
        between(one.box.right, other.box.right), between(one.box.bottom, other.box.bottom)),
        between(one.score, other.score))
