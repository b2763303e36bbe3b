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
    detect: boxes of people, whose windows are cut from kept frames             any thread
    score_due: newest windows -> backend -> decisions   the thread that owns the backend

The node, the offline evaluation and the tests all use this class.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
import threading
import time

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.camera_stream import CameraStream, PushResult, TakenWindow
from imrs_ros.decision import DecisionFilter
from imrs_ros.model_card import ModelCard
from imrs_ros.people.detection import Detections, Person
from imrs_ros.people.people_stream import PeopleStream
from imrs_ros.records import Decision, Frame, Scores
from imrs_ros.settings import DecisionSettings, PeopleSettings, WindowSettings


class Recognizer:
    """
    Cameras, and the people in them, sharing one backend.

    Overload lowers the rate; it never adds latency.
    """

    def __init__(
        self,
        card: ModelCard,
        backend: Backend,
        cameras: Iterable[str],
        *,
        window: WindowSettings | None = None,
        decision: DecisionSettings | None = None,
        people: PeopleSettings | None = None,
    ) -> None:
        """
        Allocate the memory of all cameras.

        :param card: card of the model.
        :param backend: the loaded model; only ``score_due`` and ``close`` use it.
        :param cameras: names of the cameras.
        :param window: hop, largest gap and least motion; default ``WindowSettings()``.
        :param decision: thresholds and times; default ``DecisionSettings()``.
        :param people: who of the people in the pictures gets decisions as well; None for nobody.
        """
        self._backend, self._card = backend, card
        names = tuple(cameras)
        window = window or WindowSettings()
        self._decision = decision or DecisionSettings()
        self._cameras = {name: CameraStream(name, card.spec, window) for name in names}
        self._people = {} if people is None else {
            name: PeopleStream(name, card.spec, window, people) for name in names}
        self._filters = {name: self._new_filter() for name in names}
        # Of the people, by the names of their clips; they come and go.
        self._of_people: dict[str, DecisionFilter] = {}
        self._settings_lock = threading.Lock()
        self._round = 0

    def _new_filter(self) -> DecisionFilter:
        card = self._card
        return DecisionFilter(card.labels, card.temperature, self._decision, card.operating_point)

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
        pushed = self._cameras[camera].push(frame)
        if camera in self._people and self._people[camera].push(frame):
            return replace(pushed, is_window_due=True)
        return pushed

    def detect(self, camera: str, detections: Detections) -> bool:
        """
        Add what a detector says of one image of a camera.

        :param camera: name of the camera.
        :param detections: everybody has an id; stamps need not be those of kept frames.
        :return: whether ``score_due`` has work.
        :raises KeyError: for an unknown camera, or without ``people``.
        """
        return self._people[camera].detect(detections)

    def departed(self, camera: str) -> tuple[Person, ...]:
        """
        Return who left since the last call: whatever they did has ended.

        :param camera: name of the camera.
        :return: the people; decisions on them are not valid any more.
        :raises KeyError: for an unknown camera, or without ``people``.
        """
        return self._people[camera].departed()

    def people(self, camera: str) -> PeopleStream | None:
        """
        Return the people of a camera, to be counted.

        :param camera: name of the camera.
        :return: who is there; None without ``people``.
        """
        return self._people.get(camera)

    def change(self, window: WindowSettings, decision: DecisionSettings) -> None:
        """
        Apply new settings from the next window on; may be called from any thread.

        :param window: new hop and least motion; the largest gap is left unchanged.
        :param decision: thresholds and times.
        :raises SettingsError: if they name a class the model does not know; nothing is changed
            then.
        """
        with self._settings_lock:
            for decision_filter in (*self._filters.values(), *self._of_people.values()):
                decision_filter.change(decision)
            self._decision = decision
        for camera in self._cameras.values():
            camera.change(window)
        for people in self._people.values():
            people.change(window)

    def clear(self) -> None:
        """Discard the frames and decisions of all cameras, and let all people leave."""
        for camera in self._cameras.values():
            camera.clear()
        for people in self._people.values():
            people.clear()

    def end(self, camera: str) -> None:
        """
        Discard the decision of a camera; the next one needs a newer frame. Its people leave.

        :param camera: name of the camera.
        """
        self._cameras[camera].end()
        if camera in self._people:
            self._people[camera].end()

    def is_current(self, decision: Decision) -> bool:
        """
        Return whether a decision is still valid.

        :param decision: one returned earlier.
        :return: True unless its camera was ended or cleared since its window was taken, or the
            person left.
        """
        scores = decision.scores
        if scores.person is not None:
            return self._people[scores.camera].is_present(scores.person.number)
        return self._cameras[scores.camera].epoch == scores.epoch

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
        Score the newest due window of every camera and person, in the backend's batches.

        A window is taken only when its batch is scored, so the latency of its result is one call
        of the backend, however many are waiting. Cameras come first; then people, of all cameras
        in turn, whoever has waited longest.

        :return: the decisions of each batch, as soon as it is scored.
        """
        batch_size = self._backend.description.batch_size
        windows: list[TakenWindow] = []
        for window in self._due():
            windows.append(window)
            if len(windows) == batch_size:
                yield self._score(windows)
                windows = []
        if windows:
            yield self._score(windows)

    def _due(self) -> Iterator[TakenWindow]:
        for camera in self._cameras.values():
            window = camera.take_window()
            if window is not None:
                yield window
        self._round += 1
        waiting = list(self._people.values())
        while waiting:
            for people in tuple(waiting):
                window = people.take_window(self._round)
                if window is None:
                    waiting.remove(people)
                else:
                    yield window

    def _score(self, windows: Sequence[TakenWindow]) -> list[Decision]:
        moving = [window.clip for window in windows if not window.is_still]
        start_sec = time.perf_counter()
        logits = iter(self._backend.infer(moving) if moving else ())
        inference_sec = time.perf_counter() - start_sec
        decisions = []
        for window in windows:
            clip = window.clip
            logits_L = None if window.is_still else next(logits)
            decision_filter = self._filter_of(window)
            if window.restarted:
                decision_filter.reset()
            decisions.append(decision_filter.update(Scores(
                window.camera, clip.stamp_ns, clip.frame_id, logits_L, window.epoch,
                0.0 if window.is_still else inference_sec, window.person)))
        return decisions

    def _filter_of(self, window: TakenWindow) -> DecisionFilter:
        if window.person is None:
            return self._filters[window.camera]
        with self._settings_lock:
            name = window.clip.camera
            if name not in self._of_people:
                # Here, because nobody new comes without a window: those who left make room.
                present = {people.clip_name(person.number) for people in self._people.values()
                           for person in people.present()}
                for gone in self._of_people.keys() - present:
                    del self._of_people[gone]
                self._of_people[name] = self._new_filter()
            return self._of_people[name]
