"""
The whole data path: frames of any number of cameras in, decisions out, one model.

    push: shrink -> resample -> ring buffer             any thread, returns at once
    score_due: newest windows -> backend -> decisions   the thread that owns the backend

The node, the offline evaluation and the tests all use this class.
"""

from collections.abc import Iterable, Iterator, Sequence
import time

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.camera_stream import CameraStream, Pushed, TakenWindow
from imrs_ros.decision import DecisionFilter
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Decision, Frame, Scores
from imrs_ros.settings import DecisionSettings, WindowSettings


class Recognizer:
    """Cameras that share one backend; overload lowers the rate, never raises the age."""

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
        Allocate all cameras.

        :param card: the model.
        :param backend: the model, loaded; used by ``score_due`` alone.
        :param cameras: names of the cameras.
        :param window: hop and largest gap; default ``WindowSettings()``.
        :param decision: thresholds and times; default ``DecisionSettings()``.
        """
        self._backend = backend
        names = tuple(cameras)
        self._cameras = {
            name: CameraStream(name, card.spec, window or WindowSettings()) for name in names}
        self._filters = {
            name: DecisionFilter(card.labels, card.temperature, decision or DecisionSettings())
            for name in names}

    @property
    def description(self) -> BackendDescription:
        """Describe what runs the model now."""
        return self._backend.description

    def push(self, camera: str, frame: Frame) -> Pushed:
        """
        Take the next frame of a camera.

        :param camera: name of the camera.
        :param frame: RGB of any size; not kept.
        :return: whether its window was restarted, and whether ``score_due`` has work.
        :raises KeyError: for an unknown camera.
        :raises ValueError: when the image is not an uint8 RGB image.
        """
        return self._cameras[camera].push(frame)

    def change(self, window: WindowSettings, decision: DecisionSettings) -> None:
        """
        Go by other settings from the next window on; from any thread.

        :param window: a hop and a least motion; the largest gap stays what it was.
        :param decision: thresholds and times.
        :raises SettingsError: when they name a class that the model does not know; nothing is
            changed then.
        """
        for decision_filter in self._filters.values():
            decision_filter.change(decision)
        for camera in self._cameras.values():
            camera.change(window)

    def clear(self) -> None:
        """Forget the frames of all cameras, and what was decided from them."""
        for camera in self._cameras.values():
            camera.clear()

    def end(self, camera: str) -> None:
        """
        Forget what was decided for a camera; the next decision needs a newer frame.

        :param camera: name of the camera.
        """
        self._cameras[camera].end()

    def is_current(self, decision: Decision) -> bool:
        """
        Tell whether a decision still counts.

        :param decision: one that was given.
        :return: whether its camera was neither ended nor cleared since its window was taken.
        """
        return self._cameras[decision.scores.camera].epoch == decision.scores.epoch

    def close(self) -> None:
        """Free the backend, on the thread that owns it. The recognizer is not used again."""
        self._backend.close()

    def num_skipped(self, camera: str) -> int:
        """
        Give how many windows of a camera were overtaken by newer ones.

        :param camera: name of the camera.
        :return: the number since the start.
        """
        return self._cameras[camera].num_skipped

    def step(self) -> list[Decision]:
        """
        Score the newest due window of every camera.

        :return: one decision a window, none where nothing is due.
        """
        return [decision for decisions in self.score_due() for decision in decisions]

    def score_due(self) -> Iterator[list[Decision]]:
        """
        Score the newest due window of every camera, as many at once as the backend is quick with.

        A window is taken when its turn comes, so its result is older than its newest frame by one
        call of the backend, however many cameras wait.

        :return: the decisions of each call, as soon as it ends.
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
            logits_K = None if window.is_still else next(logits)
            decision_filter = self._filters[clip.camera]
            if window.restarted:
                decision_filter.reset()
            decisions.append(decision_filter.update(Scores(
                clip.camera, clip.stamp_ns, clip.frame_id, logits_K, window.epoch,
                0.0 if window.is_still else inference_sec)))
        return decisions
