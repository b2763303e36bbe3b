# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``play``: publish a recording and ``/clock``, where ``ros2 bag`` is not installed."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
import time

from imrs_ros.evaluation.recordings.bag import Bag
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.evaluation.recordings.video_recording import VideoRecording
from imrs_ros.node.messages import raw_message
from imrs_ros.node.shutdown import end_on_signals
from imrs_ros.people.topic_names import detections_topic
import rclpy
from rclpy.clock import ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.signals import SignalHandlerOptions
from rclpy.time import Time
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

CLOCK_PERIOD_SEC = 0.01
"""Of ``/clock`` while no image is due, in the time of the recording."""
QUEUE_DEPTH = 10
TimedMessage = tuple[str, int, Image | bytes]
"""Topic, recording time in ns, and the message, serialised or not."""


class RecordingPlayer:
    """Publishes images, and people, at the pace at which they were recorded, unchanged."""

    def __init__(self, node: Node, recording: Bag | VideoRecording, *, rate: float = 1.0,
                 has_clock: bool = False, people: Sequence[str] = ()) -> None:
        """
        Create the publishers.

        :param node: owner of the publishers.
        :param recording: open.
        :param rate: speed as a multiple of real time, above 0.
        :param has_clock: publish the recording time on ``/clock``.
        :param people: topics of ``vision_msgs/Detection2DArray`` to publish, too.
        :raises ValueError: if the rate is not above 0.
        """
        if not rate > 0:
            raise ValueError(f'expected a rate above 0, got {rate}')
        self._node, self._recording, self._rate, self._people = node, recording, rate, people
        self._publishers: dict[str, Publisher] = {
            topic: node.create_publisher(kind, topic, QUEUE_DEPTH)
            for topic, kind in _kinds(recording).items()}
        self._of_people: dict[str, Publisher] = {
            topic: node.create_publisher(_people_type(), topic, QUEUE_DEPTH) for topic in people}
        self._clock = node.create_publisher(Clock, '/clock', QUEUE_DEPTH) if has_clock else None

    def wait(self, limit_sec: float, num_clock_subscribers: int = 0) -> None:
        """
        Wait until every camera has a subscriber, and the clock has enough of them.

        :param limit_sec: time limit.
        :param num_clock_subscribers: nodes that have to subscribe to the clock, if there is one.
        :raises RuntimeError: if subscribers are missing after the time limit.
        """
        limit = time.monotonic() + limit_sec
        while missing := self._without_subscriber(num_clock_subscribers):
            if time.monotonic() > limit:
                raise RuntimeError(
                    f'expected a subscriber of {", ".join(missing)} within {limit_sec:g} s, got '
                    'none; start the recognizer with these cameras')
            # A node with use_sim_time may wait for the clock before it subscribes.
            self._tick(self._recording.start_ns)
            time.sleep(CLOCK_PERIOD_SEC)

    def _without_subscriber(self, num_clock_subscribers: int) -> list[str]:
        """Return the topics that have too few subscribers."""
        missing = [topic for topic, publisher in self._publishers.items()
                   if not publisher.get_subscription_count()]
        clock = self._clock
        if clock is not None and clock.get_subscription_count() < num_clock_subscribers:
            missing.append(clock.topic_name)
        return missing

    def play(self) -> int:
        """
        Publish the whole recording.

        :return: the number of images.
        """
        start_sec, num_images = time.monotonic(), 0
        for topic, log_ns, message in _items(self._recording, self._people):
            since_start_sec = (log_ns - self._recording.start_ns) / 1e9 / self._rate
            self._sleep_until(start_sec + since_start_sec, log_ns)
            self._tick(log_ns)
            if topic in self._of_people:
                self._of_people[topic].publish(message)
                continue
            self._publishers[topic].publish(message)
            num_images += 1
        return num_images

    def _sleep_until(self, due_sec: float, due_ns: int) -> None:
        """Sleep until a monotonic time, publishing the clock of the recording meanwhile."""
        while (left_sec := due_sec - time.monotonic()) > 0:
            self._tick(due_ns - round(left_sec * self._rate * 1e9))
            time.sleep(min(left_sec, CLOCK_PERIOD_SEC / self._rate))

    def _tick(self, now_ns: int) -> None:
        if self._clock is not None:
            now = Time(nanoseconds=max(now_ns, 0), clock_type=ClockType.ROS_TIME)
            self._clock.publish(Clock(clock=now.to_msg()))


def _kinds(recording: Bag | VideoRecording) -> dict[str, type]:
    if isinstance(recording, VideoRecording):
        return dict.fromkeys(recording.topics, Image)
    return {topic: CompressedImage if recording.is_compressed(topic) else Image
            for topic in recording.topics}


def _people_type() -> type:
    # Here: without people, vision_msgs need not have the type.
    from vision_msgs.msg import Detection2DArray
    return Detection2DArray


def _items(recording: Bag | VideoRecording, people: Sequence[str]) -> Iterator[TimedMessage]:
    if isinstance(recording, VideoRecording):
        for image in recording.images():
            if image.frame is not None:
                yield image.topic, recording.start_ns + image.log_ns, raw_message(image.frame)
    else:
        yield from recording.serialized(people)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    parser.add_argument('recording', type=Path, help='bag or video')
    parser.add_argument('--topics', nargs='+', default=(), help='camera topics; default: all')
    parser.add_argument('--people', nargs='*', metavar='TOPIC',
                        help='also publish people; without topics: detections beside the images')
    parser.add_argument('--rate', type=float, default=1.0, help='speed; 2 is twice real time')
    parser.add_argument('--clock', action='store_true', help='publish /clock')
    parser.add_argument('--wait-sec', type=float, default=0.0,
                        help='wait up to this long for a subscriber of every camera')
    parser.add_argument('--clock-subscribers', type=int, default=0,
                        help='also wait for this many subscribers of /clock')


def people_topics(given: Sequence[str] | None, recording: Bag | VideoRecording) -> list[str]:
    """
    Return the topics of people to publish.

    :param given: of the command line: empty for ``detections`` beside the images, None for none.
    :param recording: open.
    :return: the topics.
    :raises RecordingError: if there is no such topic.
    """
    if given is None:
        return []
    topics = list(given) or list(dict.fromkeys(map(detections_topic, recording.topics)))
    for topic in topics:
        # Before anything is published: a missing one is named.
        recording.detections(topic)
    return topics


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0.
    """
    end_on_signals()
    with open_recording(options.recording, options.topics) as recording:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        node = Node('player')
        try:
            player = RecordingPlayer(
                node, recording, rate=options.rate, has_clock=options.clock,
                people=people_topics(options.people, recording))
            if options.wait_sec:
                player.wait(options.wait_sec, options.clock_subscribers)
            print(f'play: {player.play()} images of {recording.name}')
        finally:
            node.destroy_node()
            rclpy.try_shutdown()
    return 0
