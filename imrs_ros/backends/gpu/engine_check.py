# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Engines built one after the other until one passes its check: the golden clips, whole and streamed.

Layout legend: T frames, H height, W width, C channels, N clips, K classes.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Protocol, TypeVar

from imrs_ros.backends.frame_reuse.optional_reuse import OptionalReuse
from imrs_ros.backends.reference import Infer, Reference
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

NUM_LEADING = 2
"""Frames before a golden clip in its stream: the first window is scored whole, the second by parts
that know no frame, the third shares all frames but one."""
NO_ENGINE = 'there is no engine to try'


class Closable(Protocol):
    """An object whose memory can be freed."""

    def close(self) -> None:
        """Free it."""


Engine = TypeVar('Engine', bound=Closable)


def first_accepted(
    attempts: Iterable[tuple[str, Callable[[], Engine]]], check: Callable[[Engine], object],
) -> tuple[str, Engine, tuple[str, ...]]:
    """
    Build engines until one passes.

    :param attempts: a name and how to build it, the preferred one first; built one at a time.
    :param check: raises for an engine that must not be used, which is then closed.
    :return: the name, the engine, and why others before it were refused.
    :raises RuntimeError: when none passes, with the reasons.
    """
    refusals: list[str] = []
    for name, build in attempts:
        engine = None
        try:
            engine = build()
            check(engine)
        # Whatever a library raises, the next attempt may still work.
        except Exception as error:
            refusals.append(f'{name} refused: {type(error).__name__}: {error}')
            if engine is not None:
                # After an error of the device this may fail, too.
                with suppress(Exception):
                    engine.close()
        else:
            return name, engine, tuple(refusals)
    raise RuntimeError('; '.join(refusals) or NO_ENGINE)


class SharingEngine(Protocol):
    """An engine whose windows may share frames."""

    @property
    def sharing(self) -> OptionalReuse:
        """Return what scores them in parts."""

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Score clips, in parts where frames are shared."""

    def infer_whole(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Score whole clips."""


def check_engine(reference: Reference, engine: SharingEngine) -> None:
    """
    Check an engine by the golden clips: streamed, so that frames are shared, and whole.

    An engine whose parts are wrong, or fail, scores whole windows from then on.

    :param reference: with logits.
    :param engine: any.
    :raises ScoreError: when its scores of whole windows are not those of the model.
    """
    if engine.sharing.is_on:
        try:
            reference.check(streamed(engine.infer))
        # Whatever a library raises; whether the device still works is seen next.
        except Exception as error:
            engine.sharing.stop(f'{type(error).__name__}: {error}')
        engine.sharing.forget()
    reference.check(engine.infer_whole)


def streamed(infer: Infer) -> Infer:
    """
    Return what scores each clip as the last window of a stream of its own camera.

    :param infer: scores windows that may share frames.
    :return: the same for clips of which none shares frames with another.
    """
    def score(clips: Sequence[Clip]) -> NDArray[np.float32]:
        streams_THWC = [np.concatenate([clip.frames_THWC[-NUM_LEADING:], clip.frames_THWC])
                        for clip in clips]
        num_frames = len(clips[0].frames_THWC)
        for first in range(NUM_LEADING + 1):
            logits_NK = infer([
                Clip(f'golden {row}', frames_THWC[first:first + num_frames], first, 0, '')
                for row, frames_THWC in enumerate(streams_THWC)])
        return logits_NK
    return score
