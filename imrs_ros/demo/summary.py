# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What the demo says at its end."""

from collections.abc import Sequence
from dataclasses import dataclass

from imrs_ros.demo.label_log import ClipLabels
from imrs_ros.demo.sources import WAYS
from imrs_ros.demo.video_player import Played
from imrs_ros.records import NO_ACTION

FIRST_WINDOW_SEC, LONGEST_HOP_SEC = 2.0, 2.0
"""Time to the first window, and between two, that a slow machine may take."""
LOST = ('images got lost or this machine is too slow; see docs/troubleshooting.md, "no frames"')


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipResult:
    """What became of one clip."""

    name: str
    """Its name in the terminal."""
    truth: str | None
    """Its class, if known."""
    labels: ClipLabels
    """What was recognised."""
    played: Played
    """How long it was; 0 s where it could not be played to its end."""
    error: str | None = None
    """Why it could not be played to its end, if so."""

    @property
    def is_right(self) -> bool:
        """Return whether the action that was decided for the longest time is the true one."""
        return self.labels.longest == self.truth

    @property
    def has_lost_windows(self) -> bool:
        """Return whether far fewer windows were scored than the clip has."""
        return self.labels.num_windows < (
            self.played.duration_sec - FIRST_WINDOW_SEC) / LONGEST_HOP_SEC


def closing_lines(results: Sequence[ClipResult], labels: Sequence[str]) -> list[str]:
    """
    Sum up what was played.

    :param results: of every clip.
    :param labels: the actions that the model knows.
    :return: lines for the terminal; what went wrong comes last.
    """
    notes = [f'could not play {result.error}' for result in results if result.error is not None]
    notes += [f'{result.name}: {result.labels.num_windows} windows scored in '
              f'{result.played.duration_sec:.0f} s of video; {LOST}'
              for result in results if result.has_lost_windows]
    known = [result for result in results if result.error is None and result.truth is not None]
    if known:
        num_right = sum(result.is_right for result in known)
        return [f'{num_right} of {len(known)} clips named right', *notes]
    num_windows = sum(result.labels.num_windows for result in results)
    if not num_windows:
        return ['no window was scored', *notes]
    seen = sorted({result.labels.longest for result in results} - {NO_ACTION})
    score, label = max(result.labels.best for result in results)
    found = ', '.join(seen) if seen else f'no action; the best score was {score:.2f}, {label}'
    return [f'seen in {num_windows} windows: {found}',
            f'the model knows {", ".join(labels)}; to see more: make demo {WAYS}', *notes]


def is_success(results: Sequence[ClipResult]) -> bool:
    """
    Return whether every clip was played and scored.

    :param results: of every clip.
    :return: the same.
    """
    return (all(result.error is None for result in results)
            and any(result.labels.num_windows for result in results)
            and not any(result.has_lost_windows for result in results))
