"""
A recording played to the recogniser, as the node would be fed, and faster.

Frames are pushed in the order of recording, and every window that falls due is scored: nothing
depends on how fast the machine is, so that two runs give the same.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
from imrs_ros.backends.base import Backend
from imrs_ros.evaluation.recordings.camera_clock import CameraClock
from imrs_ros.evaluation.recordings.recording import Image, Recording
from imrs_ros.model_card import ModelCard
from imrs_ros.node_settings import camera_name, Settings
from imrs_ros.recognizer import Recognizer
from imrs_ros.records import Decision, Event
import numpy as np
from numpy.typing import NDArray

KEPT_FRAMES = 8
"""Newest frames of a camera whose images and times are at hand."""
THUMBNAIL_WIDTH_PX, THUMBNAIL_QUALITY = 192, 72
SAMPLE_NS = 2_000_000_000
"""Between two images that are kept whatever is decided, to show what was missed."""


@dataclass(slots=True)
class Seen:
    """What became of one camera's frames."""

    camera: str
    topic: str
    clock: CameraClock = field(default_factory=CameraClock)
    decisions: list[tuple[int, Decision]] = field(default_factory=list)
    """Time since the start of the recording, ns, and what was decided."""
    num_frames: int = 0
    num_restarts: int = 0
    num_skipped: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    """Frames that could not be used, by the reason."""
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    """JPEG by time, ns."""
    newest: dict[int, tuple[int, NDArray[np.uint8]]] = field(default_factory=dict)
    """Time and image of the newest frames by stamp."""

    def keep_thumbnail(self, time_ns: int, image_HWC: NDArray[np.uint8]) -> None:
        """
        Keep a small image.

        :param time_ns: since the start of the recording.
        :param image_HWC: RGB.
        """
        height, width = image_HWC.shape[:2]
        small = cv2.resize(image_HWC, (
            THUMBNAIL_WIDTH_PX, max(1, round(height * THUMBNAIL_WIDTH_PX / width))),
            interpolation=cv2.INTER_AREA)
        _, data = cv2.imencode('.jpg', cv2.cvtColor(small, cv2.COLOR_RGB2BGR),
                               [cv2.IMWRITE_JPEG_QUALITY, THUMBNAIL_QUALITY])
        self.thumbnails[time_ns] = data.tobytes()


def play(
    recording: Recording, card: ModelCard, backend: Backend, settings: Settings,
    on_image: Callable[[], object] = lambda: None,
) -> list[Seen]:
    """
    Play all cameras of a recording.

    :param recording: opened.
    :param card: the model.
    :param backend: loaded for this recording alone: it may keep work on frames of a camera.
    :param settings: of the node.
    :param on_image: called after every image.
    :return: what became of each camera's frames.
    """
    seen = {topic: Seen(camera_name(topic), topic) for topic in recording.topics}
    # By topic: two topics of a bag may have the same camera's name, which a node would refuse.
    recognizer = Recognizer(card, backend, seen, window=settings.window,
                            decision=settings.decision)
    try:
        for image in recording.images(card.spec.size_px):
            _push(recognizer, seen[image.topic], image)
            _keep(seen, recognizer.step())
            on_image()
        for one in seen.values():
            one.num_skipped = recognizer.num_skipped(one.topic)
    finally:
        recognizer.close()
    return list(seen.values())


def _push(recognizer: Recognizer, one: Seen, image: Image) -> None:
    frame = image.frame
    if frame is None:
        one.dropped[image.problem] += 1
        return
    try:
        pushed = recognizer.push(one.topic, frame)
    except ValueError as error:
        one.dropped[str(error)] += 1
        return
    one.num_frames += 1
    one.num_restarts += pushed.restart is not None
    time_ns = one.clock.place(frame.stamp_ns, image.log_ns)
    one.newest[frame.stamp_ns] = (time_ns, frame.image_HWC)
    if len(one.newest) > KEPT_FRAMES:
        del one.newest[next(iter(one.newest))]
    if time_ns - max(one.thumbnails, default=-SAMPLE_NS) >= SAMPLE_NS:
        one.keep_thumbnail(time_ns, frame.image_HWC)


def _keep(seen: dict[str, Seen], decisions: Sequence[Decision]) -> None:
    for decision in decisions:
        one = seen[decision.scores.camera]
        time_ns, image_HWC = one.newest[decision.scores.stamp_ns]
        one.decisions.append((time_ns, decision))
        if decision.event is not Event.NONE:
            one.keep_thumbnail(time_ns, image_HWC)
