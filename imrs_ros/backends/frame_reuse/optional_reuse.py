# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Windows that share frames where that works here, and whole windows where it does not.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.backends.frame_reuse.device import Score
from imrs_ros.backends.frame_reuse.frame_reuse import FrameReuse
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray


class OptionalReuse:
    """Scores windows in parts until told that these cannot be trusted; then whole ones."""

    def __init__(self, score_whole: Score) -> None:
        """
        Score whole windows, until ``start``.

        :param score_whole: what scores them.
        """
        self._score_whole = score_whole
        self._reuse: FrameReuse | None = None
        self.notes = 'no frame reuse'
        """When frames are shared, or why not; for the log."""

    @property
    def is_on(self) -> bool:
        """Return whether windows may share frames."""
        return self._reuse is not None and self._reuse.most_new > 0

    @property
    def num_bytes(self) -> int:
        """Return the memory of all cameras, bytes."""
        return 0 if self._reuse is None else self._reuse.num_bytes

    def start(self, prepare: Callable[[], FrameReuse]) -> None:
        """
        Let windows share frames, unless that fails.

        :param prepare: loads the parts and measures when they pay.
        """
        try:
            self._reuse = prepare()
            self.notes = self._reuse.describe()
        # Whatever a library raises there, whole windows can be scored.
        except Exception as error:
            self.stop(f'{type(error).__name__}: {error}')

    def stop(self, reason: str) -> None:
        """
        Score whole windows alone from now on.

        :param reason: why.
        """
        self._reuse, self.notes = None, f'no frame reuse: {reason}'

    def forget(self) -> None:
        """Free the memory of all cameras."""
        if self._reuse is not None:
            self._reuse.forget()

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras; those that share frames with the last ones, in parts.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return self._score_whole(clips) if self._reuse is None else self._reuse.infer(clips)
