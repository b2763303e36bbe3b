# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The whole data path: frames of any number of cameras in, decisions out, through one model.

    push: shrink -> resample -> ring buffer             any thread, never blocks on the model
    score_due: newest windows -> backend -> decisions   the thread that owns the backend

The node, the offline evaluation and the tests all use this class.
"""

from collections.abc import Iterable, Iterator, Sequence
import time

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.camera_stream import CameraStream, PushResult, TakenWindow
from imrs_ros.decision import DecisionFilter
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Decision, Frame, Scores
from imrs_ros.settings import DecisionSettings, WindowSettings


class Recognizer:
    """Cameras sharing one backend. Overload lowers the rate; it never adds latency."""

    def __init__(
        self,
        card: ModelCard,
        backend: Backend,
        cameras: Iterable[str],
        *,
        window: WindowSettings | None = None,
        decision: DecisionSettings | None = None,
    ) -> None:
        """
        Allocate the memory of all cameras.

        :param card: card of the model.
        :param backend: the loaded model; only ``score_due`` and ``close`` use it.
        :param cameras: names of the cameras.
        :param window: hop, largest gap and least motion; default ``WindowSettings()``.
        :param decision: thresholds and times; default ``DecisionSettings()``.
        """
        self._backend = backend
        names = tuple(cameras)
        self._cameras = {
            name: CameraStream(name, card.spec, window or WindowSettings()) for name in names}
        self._filters = {
            name: DecisionFilter(
                card.labels, card.temperature, decision or DecisionSettings(),
                card.operating_point)
            for name in names}

    @property
    def description(self) -> BackendDescription:
        """Return the description of the backend in use."""
        return self._backend.description

    def push(self, camera: str, frame: Frame) -> PushResult:
        """
        Add the next frame of a camera.

        :param camera: name of the camera.
        :param frame: RGB image of any size; not kept.
        :return: whether the window was restarted, and whether ``score_due`` has work.
        :raises KeyError: for an unknown camera.
        :raises ValueError: if the image is not a uint8 RGB image.
        """
        return self._cameras[camera].push(frame)

    def change(self, window: WindowSettings, decision: DecisionSettings) -> None:
        """
        Apply new settings from the next window on; may be called from any thread.

        :param window: new hop and least motion; the largest gap is left unchanged.
        :param decision: thresholds and times.
        :raises SettingsError: if they name a class the model does not know; nothing is changed
            then.
        """
        for decision_filter in self._filters.values():
            decision_filter.change(decision)
        for camera in self._cameras.values():
            camera.change(window)

    def clear(self) -> None:
        """Discard the frames and decisions of all cameras."""
        for camera in self._cameras.values():
            camera.clear()

    def end(self, camera: str) -> None:
        """
        Discard the decision of a camera; the next one needs a newer frame.

        :param camera: name of the camera.
        """
        self._cameras[camera].end()

    def is_current(self, decision: Decision) -> bool:
        """
        Return whether a decision is still valid.

        :param decision: one returned earlier.
        :return: True unless its camera was ended or cleared since its window was taken.
        """
        return self._cameras[decision.scores.camera].epoch == decision.scores.epoch

    def close(self) -> None:
        """Release the backend, on the thread that owns it; the recognizer is unusable after."""
        self._backend.close()

    def num_skipped(self, camera: str) -> int:
        """
        Return the number of windows of a camera that newer ones replaced before being scored.

        :param camera: name of the camera.
        :return: the number since the recognizer was created.
        """
        return self._cameras[camera].num_skipped

    def step(self) -> list[Decision]:
        """
        Score the newest due window of every camera.

        :return: one decision per window; empty if none is due.
        """
        return [decision for decisions in self.score_due() for decision in decisions]

    def score_due(self) -> Iterator[list[Decision]]:
        """
        Score the newest due window of every camera, in batches of the backend's batch size.

        A window is taken only when its batch is scored, so the latency of its result is one call
        of the backend, however many cameras are waiting.

        :return: the decisions of each batch, as soon as it is scored.
        """
        batch_size = self._backend.description.batch_size
        windows: list[TakenWindow] = []
        for camera in self._cameras.values():
            window = camera.take_window()
            if window is not None:
                windows.append(window)
            if len(windows) == batch_size:
                yield self._score(windows)
                windows = []
        if windows:
            yield self._score(windows)

    def _score(self, windows: Sequence[TakenWindow]) -> list[Decision]:
        moving = [window.clip for window in windows if not window.is_still]
        start_sec = time.perf_counter()
        logits = iter(self._backend.infer(moving) if moving else ())
        inference_sec = time.perf_counter() - start_sec
        decisions = []
        for window in windows:
            clip = window.clip
            logits_L = None if window.is_still else next(logits)
            decision_filter = self._filters[clip.camera]
            if window.restarted:
                decision_filter.reset()
            decisions.append(decision_filter.update(Scores(
                clip.camera, clip.stamp_ns, clip.frame_id, logits_L, window.epoch,
                0.0 if window.is_still else inference_sec)))
        return decisions
