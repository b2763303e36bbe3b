# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
All that is known of the recognizers at this moment; no ROS.

Written by the thread of ROS, read by that of the server. Times are by the clock of the view's
node, s, unless they are said to be monotonic.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
import math
import threading
import time
from typing import Any

from imrs_ros.records import NO_ACTION
from imrs_ros.view.decision_log import DecisionLog

RATE_SEC = 5.0
"""Windows are counted over this time."""
STALE_SEC = 2.0
"""Scores and people older than this are not shown."""
STRANGE_SEC = 10.0
"""A result older than this by its stamp, or from the future, has the stamp of another clock."""
SILENT_SEC = 3.5
"""A node publishes diagnostics every second; without any for so long, it hangs or was killed."""
FAULT_SEC = 30.0
"""How long an exception of a callback is shown."""
MAX_FAULTS = 100
"""Most exceptions that are told apart."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image of a camera, for the browser."""

    jpeg: bytes
    width_px: int
    """Of the camera's image, in which boxes are."""
    height_px: int


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """Someone in the picture."""

    id: str  # noqa: A003
    box_px: tuple[float, float, float, float]
    """Left, top, right and bottom, in pixels of the camera's image."""
    label: str
    """The decided action, or ``NO_ACTION``."""
    score: float


@dataclass(frozen=True, slots=True)
class HealthEntry:
    """What ``/diagnostics`` said last of a node or a camera."""

    level: int
    """0, 1 and 2 for well, warning and error."""
    message: str
    values: Mapping[str, str]
    arrived_sec: float
    """Monotonic."""


@dataclass(slots=True, kw_only=True)
class CameraView:
    """What is known of one camera."""

    name: str
    health: HealthEntry | None = None
    log: DecisionLog = field(default_factory=DecisionLog)
    scores: Sequence[tuple[str, float]] = ()
    """Best classes of the newest window."""
    result_sec: float | None = None
    """Stamp of the newest window."""
    latency_sec: float | None = None
    """Time from that stamp to its arrival; None where the clocks differ."""
    arrivals_sec: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    """When the last windows arrived, monotonic."""
    people: Sequence[SeenPerson] = ()
    people_sec: float = 0.0
    """Monotonic."""
    picture: Picture | None = None
    picture_number: int = 0
    picture_sec: float = 0.0
    """Monotonic."""
    picture_problem: str = ''
    """Why there is no picture; empty if there is one."""

    @property
    def topic(self) -> str:
        """Return the topic of its images; empty while it is not known."""
        values = {} if self.health is None else self.health.values
        return values.get('topic') or values.get('hardware_id', '')

    def as_json(self, now_sec: float) -> dict[str, Any]:
        """
        Return what is shown.

        :param now_sec: by the clock of the view.
        :return: JSON.
        """
        steady_sec = time.monotonic()
        is_fresh = bool(self.arrivals_sec) and steady_sec - self.arrivals_sec[-1] < STALE_SEC
        current = self.log.current('')
        recent = [at for at in self.arrivals_sec if steady_sec - at < RATE_SEC]
        return {
            'name': self.name, 'topic': self.topic, **_health_json(self.health),
            'label': NO_ACTION if current is None else current.label,
            'score': None if current is None else round(current.score, 3),
            'scores': [[label, round(score, 4)] for label, score in self.scores]
            if is_fresh else [],
            'fresh': is_fresh,
            'latency': None if self.latency_sec is None or not is_fresh
            else round(self.latency_sec, 3),
            'since_result': None if not self.arrivals_sec
            else round(steady_sec - self.arrivals_sec[-1], 2),
            'windows_hz': round(len(recent) / RATE_SEC, 1),
            'people': [[person.id, *(round(side, 1) for side in person.box_px), person.label,
                        round(person.score, 3)] for person in self.people]
            if steady_sec - self.people_sec < STALE_SEC else [],
            'decisions': self.log.rows(now_sec),
            'since_picture': None if self.picture is None
            else round(steady_sec - self.picture_sec, 1),
            'picture_problem': self.picture_problem}


@dataclass(slots=True, kw_only=True)
class NodeView:
    """What is known of one recognizer."""

    name: str
    is_there: bool = True
    state: str = ''
    """Of its lifecycle; empty while it is not known."""
    is_busy: bool = False
    """Whether it does not answer, as while it loads a model."""
    health: HealthEntry | None = None
    labels: Sequence[str] = ()
    threshold: float | None = None
    """From which a class may be decided."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    cameras: dict[str, CameraView] = field(default_factory=dict)

    def as_json(self, now_sec: float) -> dict[str, Any]:
        """
        Return what is shown.

        :param now_sec: by the clock of the view.
        :return: JSON.
        """
        health = self.health
        silent_sec = None if health is None else time.monotonic() - health.arrived_sec
        is_silent = (silent_sec or 0.0) > SILENT_SEC and self.state in ('active', 'inactive')
        return {
            'name': self.name, 'there': self.is_there,
            'state': self.state if self.is_there else 'stopped', 'busy': self.is_busy,
            **_health_json(health), 'values': dict(health.values) if health else {},
            'silent': None if not is_silent or silent_sec is None else round(silent_sec),
            'labels': list(self.labels), 'threshold': self.threshold,
            'parameters': dict(self.parameters),
            'cameras': [camera.as_json(now_sec) for camera in self.cameras.values()]}


def _health_json(health: HealthEntry | None) -> dict[str, Any]:
    if health is None:
        return {'level': None, 'message': ''}
    return {'level': health.level, 'message': health.message}


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _known(value: Any) -> Any:
    """Replace floats that are not finite, which JSON does not know, by None."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _known(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(each) for each in value]
    return value


def _finite_person(person: SeenPerson) -> SeenPerson:
    is_box = all(math.isfinite(side) for side in person.box_px)
    return replace(person, score=_finite(person.score),
                   box_px=person.box_px if is_box else (0.0, 0.0, 0.0, 0.0))


class LiveState:
    """Recognizers and their cameras, by name; thread-safe."""

    def __init__(self, now_sec: Callable[[], float] = time.time) -> None:
        """
        Start without recognizers.

        :param now_sec: returns the time by the clock of the view's node, s.
        """
        self.now_sec = now_sec
        self._lock = threading.Lock()
        self._nodes: dict[str, NodeView] = {}
        self._notice = ''
        self._faults: dict[str, float] = {}

    def say(self, notice: str) -> None:
        """
        Show a problem of the view itself.

        :param notice: what is wrong; empty for nothing.
        """
        with self._lock:
            self._notice = notice

    def take_fault(self, fault: str) -> bool:
        """
        Show an exception of the view itself for a while; others are shown beside it.

        :param fault: what went wrong.
        :return: whether it is a new one, which is to be told elsewhere too.
        """
        with self._lock:
            is_new = fault not in self._faults
            if is_new and len(self._faults) >= MAX_FAULTS:
                del self._faults[next(iter(self._faults))]
            self._faults[fault] = time.monotonic()
            return is_new

    def see_nodes(self, cameras_of: Mapping[str, Iterable[str]]) -> None:
        """
        Take which recognizers are on the graph.

        Those that left stay, marked as such.

        :param cameras_of: names of the cameras of each.
        """
        with self._lock:
            for name, cameras in cameras_of.items():
                node = self._nodes.setdefault(name, NodeView(name=name))
                node.is_there = True
                for camera in cameras:
                    node.cameras.setdefault(camera, CameraView(name=camera))
                for camera in [each for each in node.cameras if cameras and each not in cameras]:
                    del node.cameras[camera]
            for name, node in self._nodes.items():
                if name not in cameras_of and node.is_there:
                    node.is_there, node.state, node.is_busy = False, '', False
                    node.health = None
                    for view in node.cameras.values():
                        view.log.end_all(self.now_sec())
                        view.health, view.people, view.scores = None, (), ()

    def update_node(self, name: str, **values: Any) -> None:
        """
        Set fields of a recognizer.

        :param name: full name of the node; nothing happens if it is not known.
        :param values: fields of ``NodeView``; numbers that are not finite are not known.
        """
        values = {key: _known(value) for key, value in values.items()}
        with self._lock:
            node = self._nodes.get(name)
            if node is not None:
                for key, value in values.items():
                    setattr(node, key, value)

    def take_health(self, node: str, camera: str | None, health: HealthEntry) -> None:
        """
        Take an entry of the diagnostics.

        :param node: full name of the node.
        :param camera: whose; None for the node itself.
        :param health: the entry.
        """
        with self._lock:
            found = self._nodes.get(node)
            view = found if camera is None or found is None else found.cameras.get(camera)
            if view is not None:
                view.health = health

    def take_scores(self, node: str, camera: str, stamp_sec: float,
                    scores: Sequence[tuple[str, float]]) -> None:
        """
        Take the scores of a window.

        :param node: full name of the node.
        :param camera: whose.
        :param stamp_sec: of its newest frame.
        :param scores: labels with their probabilities, the best first; those that are not finite
            count as 0.
        """
        scores = tuple((label, _finite(score)) for label, score in scores)
        with self._lock:
            view = self._camera(node, camera)
            if view is not None:
                latency_sec = self.now_sec() - stamp_sec
                view.scores, view.result_sec = scores, stamp_sec
                view.latency_sec = latency_sec if abs(latency_sec) < STRANGE_SEC else None
                view.arrivals_sec.append(time.monotonic())

    def take_action(self, node: str, camera: str, who: str, label: str, score: float,
                    onset_sec: float) -> None:
        """
        Take a decision.

        :param node: full name of the node.
        :param camera: whose.
        :param who: id of the person; empty for the whole picture.
        :param label: the action, or ``NO_ACTION``.
        :param score: its confidence; 0 if it is not finite.
        :param onset_sec: its stamp.
        """
        score = _finite(score)
        with self._lock:
            view, now_sec = self._camera(node, camera), self.now_sec()
            if view is None:
                return
            # A recording keeps its stamps: its decisions are shown when they arrive.
            is_now = onset_sec - now_sec < STRANGE_SEC
            is_recorded = view.result_sec is not None and view.latency_sec is None
            view.log.add(who, label, score,
                         onset_sec if is_now and not is_recorded else now_sec)

    def take_people(self, node: str, camera: str, people: Sequence[SeenPerson]) -> None:
        """
        Take who is in the picture.

        :param node: full name of the node.
        :param camera: whose.
        :param people: everybody; a box that is not finite is an empty one, a score is 0.
        """
        people = tuple(_finite_person(person) for person in people)
        with self._lock:
            view = self._camera(node, camera)
            if view is not None:
                view.people, view.people_sec = people, time.monotonic()

    def take_picture(self, node: str, camera: str, picture: Picture | None,
                     problem: str = '') -> None:
        """
        Take an image of a camera.

        :param node: full name of the node.
        :param camera: whose.
        :param picture: the image; None to forget the last one.
        :param problem: why there is none.
        """
        with self._lock:
            view = self._camera(node, camera)
            if view is not None:
                view.picture, view.picture_problem = picture, problem
                view.picture_number += 1
                view.picture_sec = time.monotonic()

    def _camera(self, node: str, camera: str) -> CameraView | None:
        found = self._nodes.get(node)
        return None if found is None else found.cameras.get(camera)

    def topic_of(self, node: str, camera: str) -> str:
        """
        Return the topic of a camera's images.

        :param node: full name of the node.
        :param camera: whose.
        :return: the topic; empty while it is not known.
        """
        with self._lock:
            view = self._camera(node, camera)
            return '' if view is None else view.topic

    def parameters_of(self, node: str) -> dict[str, Any]:
        """
        Return the parameters of a recognizer.

        :param node: full name of the node.
        :return: those that are known, by name.
        """
        with self._lock:
            found = self._nodes.get(node)
            return {} if found is None else dict(found.parameters)

    def snapshot(self) -> dict[str, Any]:
        """
        Return all that is shown, but the pictures.

        :return: JSON.
        """
        with self._lock:
            now_sec, limit_sec = self.now_sec(), time.monotonic() - FAULT_SEC
            faults = [fault for fault, at in self._faults.items() if at > limit_sec]
            return {'now': round(now_sec, 3),
                    'notice': '; '.join([*filter(None, [self._notice]), *faults[-3:]]),
                    'nodes': [node.as_json(now_sec) for node in self._nodes.values()]}

    def pictures_after(self, seen: Mapping[str, int]) -> dict[str, tuple[int, Picture]]:
        """
        Return the pictures that a viewer has not seen.

        :param seen: the numbers of those that it has, by camera.
        :return: the newest of each camera, and its number, by ``<node>/<camera>``.
        """
        with self._lock:
            return {key: (view.picture_number, view.picture)
                    for node in self._nodes.values() for view in node.cameras.values()
                    if view.picture is not None
                    and seen.get(key := f'{node.name}/{view.name}') != view.picture_number}
