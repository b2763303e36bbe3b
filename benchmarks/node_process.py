# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The real node in a process of its own, and cameras that feed it from another."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, partial
import itertools
import json
import multiprocessing
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import cv2
from imrs_ros.demo.ros_domain import RosDomain
from imrs_ros.node.messages import jpeg_message, raw_message, stamp_to_ns
from imrs_ros.node.spinning import spin_for
from imrs_ros.node.topics import CLASSIFICATION, output_topic, RECOGNIZER
from imrs_ros.records import Frame
import numpy as np
import psutil
import rclpy
from rclpy.context import Context
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from vision_msgs.msg import Classification

WIDTH, HEIGHT = 640, 480
NUM_IMAGES = 30
"""Different images, which a camera publishes in a cycle."""
PROFILES = Path(__file__).resolve().parent.parent / 'config' / 'fastdds_images.xml'
"""Without it, raw images of this size are lost between processes."""
START_SEC, STOP_SEC = 120.0, 20.0
ACTIVE = re.compile(r'camera \w+: /')
"""Logged by the node when it has subscribed to a camera."""


@cache
def _domain() -> RosDomain:
    return RosDomain()


def join_domain() -> None:
    """Put this process and its children in a ROS domain of their own, until the process ends."""
    os.environ |= {
        'ROS_DOMAIN_ID': str(_domain().number), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'FASTDDS_DEFAULT_PROFILES_FILE': str(PROFILES)}


class NodeProcess:
    """The node and its log."""

    def __init__(self, parameters: Mapping[str, Any], log: Path) -> None:
        """
        Start the node.

        :param parameters: by name.
        :param log: file for its log.
        """
        given = [word for name, value in parameters.items()
                 for word in ('-p', f'{name}:={json.dumps(value)}')]
        self._log = log
        with log.open('w') as stream:
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'imrs_ros', '--ros-args', *given],
                stderr=stream)
        self.usage = psutil.Process(self._process.pid)
        """CPU, memory, threads and files of the process."""

    @property
    def log(self) -> str:
        """Return the log so far."""
        return self._log.read_text()

    def wait_until_active(self) -> None:
        """
        Wait until the node has subscribed to a camera, the last step of activation.

        :raises RuntimeError: when it exits first, or takes too long.
        """
        limit = time.monotonic() + START_SEC
        while not ACTIVE.search(self.log):
            if self._process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f'the node did not become active; its log:\n{self.log}')
            time.sleep(0.05)

    @property
    def cpu_sec(self) -> float:
        """Return the CPU time used so far."""
        times = self.usage.cpu_times()
        return float(times.user + times.system)

    def stop(self) -> int:
        """
        Interrupt the node and wait until it exits.

        :return: its exit status.
        """
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=STOP_SEC)


@contextmanager
def recognizer(parameters: Mapping[str, Any]) -> Iterator[NodeProcess]:
    """
    Run the node.

    :param parameters: by name.
    :return: the node, configured and active.
    :raises RuntimeError: when it does not become active, or its exit status is not 0.
    """
    with tempfile.TemporaryDirectory() as folder:
        node = NodeProcess(parameters, Path(folder) / 'log')
        try:
            node.wait_until_active()
            yield node
        finally:
            status = node.stop()
        if status:
            raise RuntimeError(f'the node ended with status {status}; its log:\n{node.log}')


class Listener:
    """Receives scores, and records the age of each window's newest frame at that time."""

    def __init__(self, names: Sequence[str]) -> None:
        """
        Subscribe to the scores of cameras.

        :param names: of the cameras.
        """
        self.node = Node('listener')
        self.ages_sec: dict[str, list[float]] = {name: [] for name in names}
        for name in names:
            self.node.create_subscription(
                Classification, output_topic(name, CLASSIFICATION, RECOGNIZER),
                partial(self._hear, name), qos_profile_sensor_data)

    def _hear(self, name: str, msg: Classification) -> None:
        now_ns = self.node.get_clock().now().nanoseconds
        self.ages_sec[name].append((now_ns - stamp_to_ns(msg.header.stamp)) / 1e9)

    def listen(self, seconds: float) -> None:
        """
        Process messages.

        :param seconds: how long.
        """
        spin_for(self.node, seconds)


def images() -> list[np.ndarray]:
    """
    Return images of something that moves across a still scene.

    :return: images_HWC, uint8, RGB.
    """
    rng = np.random.default_rng(0)
    backdrop = cv2.resize(rng.integers(0, 256, (12, 16, 3), np.uint8), (WIDTH, HEIGHT),
                          interpolation=cv2.INTER_CUBIC)
    found = []
    for i in range(NUM_IMAGES):
        image = backdrop.copy()
        left = int((WIDTH - 120) * (0.5 + 0.5 * np.sin(2 * np.pi * i / NUM_IMAGES)))
        cv2.rectangle(image, (left, 160), (left + 120, 400), (230, 200, 180), cv2.FILLED)
        found.append(image)
    return found


def play(topics: Sequence[str], rate_hz: float, is_jpeg: bool) -> None:
    """
    Publish images on topics, all at one rate, until the process is terminated.

    :param topics: image topics, without the suffix of a transport.
    :param rate_hz: frames per second of each.
    :param is_jpeg: whether to publish JPEG instead of raw images.
    """
    context = Context()
    rclpy.init(context=context)
    node = Node('cameras', context=context)
    kind, suffix = (CompressedImage, '/compressed') if is_jpeg else (Image, '')
    publishers = [node.create_publisher(kind, topic + suffix, qos_profile_sensor_data)
                  for topic in topics]
    make = jpeg_message if is_jpeg else raw_message
    messages = [make(Frame(1, 'camera', image)) for image in images()]
    start_sec = time.monotonic()
    for i in itertools.count():
        for number, publisher in enumerate(publishers):
            # Spread over the period, as unsynchronised cameras are.
            due_sec = start_sec + (i + number / len(publishers)) / rate_hz
            time.sleep(max(0.0, due_sec - time.monotonic()))
            message = messages[i % NUM_IMAGES]
            message.header.stamp = node.get_clock().now().to_msg()
            publisher.publish(message)


@contextmanager
def cameras(topics: Sequence[str], rate_hz: float, is_jpeg: bool) -> Iterator[None]:
    """
    Publish cameras from a process of their own.

    :param topics: see ``play``.
    :param rate_hz: see ``play``.
    :param is_jpeg: see ``play``.
    """
    process = multiprocessing.get_context('spawn').Process(
        target=play, args=(tuple(topics), rate_hz, is_jpeg), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()
