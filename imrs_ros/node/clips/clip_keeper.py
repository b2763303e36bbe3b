# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Short videos of the actions that a node decides, written by a thread of their own.

Images come first, and clips are encoded frame by frame between them: nobody waits for the thread.
Whole pictures only, not people.
"""

from collections import deque
from collections.abc import Callable, Iterable
import threading
import time

from imrs_ros.images.decoding import CompressedImage, RawImage, stamp_to_ns
from imrs_ros.node.camera_health import HealthProblem, Level
from imrs_ros.node.clips.clip_writer import ClipSettings, ClipWriter, MAX_HZ, SILENT_SEC
from imrs_ros.node.clips.video_file import check_pyav
from imrs_ros.records import Decision, Event, NO_ACTION

EARLY_SHARE = 0.75
"""An image may follow the one before after so much of the period of ``MAX_HZ``."""
MAX_WAITING_IMAGES = 8
"""Images that wait for the thread; with more, the oldest is left out."""
MAX_WAITING_DECISIONS = 32
"""Decisions that wait for the thread, on a disk that hangs; more are left out."""
STOP_SEC = 2.0
"""Time to finish what is being written, when the node is cleaned up or ends."""

AnyMessage = RawImage | CompressedImage


class ClipKeeper:
    """Takes images and decisions from any thread, and never blocks one."""

    def __init__(
        self, settings: ClipSettings, owner: str, cameras: Iterable[str],
        warn: Callable[[str], None],
    ) -> None:
        """
        Start the thread.

        :param settings: where to, and how much.
        :param owner: full name of the node.
        :param cameras: names of the cameras.
        :param warn: called on the thread when clips cannot be written, once until they can be.
        :raises RuntimeError: when PyAV is not installed.
        """
        check_pyav()
        names = tuple(cameras)
        # Of the executor's thread.
        self._last_seen_ns = dict.fromkeys(names, 0)
        # Shared, under the lock of the condition.
        self._changed = threading.Condition()
        self._images: deque[tuple[str, AnyMessage]] = deque(maxlen=MAX_WAITING_IMAGES)
        self._decisions: deque[Decision] = deque(maxlen=MAX_WAITING_DECISIONS)
        self._is_ending = False
        self._stop_at_sec: float | None = None
        self._problem, self._values = '', dict[str, str]()
        # Of the thread.
        self._warn = warn
        self._writer = ClipWriter(settings, owner, names)
        self._thread = threading.Thread(target=self._run, name='imrs_clips', daemon=True)
        self._thread.start()

    def see(self, camera: str, msg: AnyMessage) -> None:
        """
        Take an image; on the executor's thread, which only stores a reference.

        :param camera: name of the camera.
        :param msg: the image, which nobody changes any more.
        """
        stamp_ns = stamp_to_ns(msg.header.stamp)
        if 0 <= stamp_ns - self._last_seen_ns[camera] < EARLY_SHARE / MAX_HZ * 1e9:
            return
        self._last_seen_ns[camera] = stamp_ns
        with self._changed:
            self._images.append((camera, msg))
            self._changed.notify()

    def keep(self, decision: Decision) -> None:
        """
        Keep a clip, if an action begins; on any thread.

        :param decision: on the whole picture of a camera.
        """
        if decision.label == NO_ACTION or decision.event not in (Event.ONSET, Event.CHANGE):
            return
        with self._changed:
            self._decisions.append(decision)
            self._changed.notify()

    def end(self) -> None:
        """End the clips of all cameras with the images that have come; they are written soon."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()

    def stop(self) -> None:
        """Finish what is being written, within ``STOP_SEC``, and end the thread."""
        with self._changed:
            self._is_ending, self._stop_at_sec = True, time.monotonic() + STOP_SEC
            self._changed.notify()
        # A disk that hangs must not hold the node: the thread ends with the process then.
        self._thread.join(2 * STOP_SEC)

    def problems(self) -> list[HealthProblem]:
        """
        List the present problems; on any thread.

        :return: a warning while clips cannot be written.
        """
        with self._changed:
            return [HealthProblem(Level.WARN, self._problem)] if self._problem else []

    def values(self) -> dict[str, str]:
        """
        Return the details for the diagnostics; on any thread.

        :return: values as text, by key.
        """
        with self._changed:
            return dict(self._values)

    def _run(self) -> None:
        self._attempt(self._writer.prepare)
        while self._wait():
            self._take_all()
            self._attempt(self._writer.write_next)
        self._writer.discard()

    def _wait(self) -> bool:
        """Wait for something to do; False when the thread must end."""
        with self._changed:
            if not self._writer.has_complete_clip:
                # With a limit only where a camera that falls silent may end a clip.
                self._changed.wait_for(
                    lambda: (self._images or self._decisions or self._is_ending
                             or self._stop_at_sec is not None),
                    SILENT_SEC / 4 if self._writer.num_pending else None)
            if self._stop_at_sec is None:
                return True
            has_work = self._decisions or self._is_ending or self._writer.num_pending
            return bool(has_work) and time.monotonic() < self._stop_at_sec

    def _take_all(self) -> None:
        """Take what has come since the last call: images first, which decisions are about."""
        with self._changed:
            images, decisions = tuple(self._images), tuple(self._decisions)
            is_ending, self._is_ending = self._is_ending, False
            self._images.clear()
            self._decisions.clear()
        for camera, msg in images:
            self._writer.take_image(camera, msg)
        for decision in decisions:
            self._writer.begin(decision)
        self._writer.end_clips(all_cameras=is_ending)

    def _attempt(self, work: Callable[[], bool]) -> None:
        """Do what may fail: the thread goes on, and the first failure of a row is reported."""
        text = problem = ''
        try:
            is_written = work()
        # A full disk, a folder of someone else, a codec: none of it may end the node.
        except Exception as error:
            is_written = False
            text = f'clips are not kept: {type(error).__name__}: {error}'
        with self._changed:
            problem = self._problem
            if text or is_written:
                self._problem = text
            self._values = self._writer.values()
        if text and not problem:
            self._warn(text)
