"""
The demo: the real node in its own process, real video as its cameras, labels in the terminal.

Clips are played alternately on a raw and a JPEG camera, through the middleware, at the video's
frame rate.
"""

import argparse
from collections import Counter
import os
from pathlib import Path
import subprocess
import sys
import threading
import time

from imrs_ros.demo.sources import choose_source, data_folder, DemoClip
from imrs_ros.demo.video_player import VideoPlayer
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.messages import stamp_to_ns
from imrs_ros.node.qos import EVERY_WINDOW, LATCHED
from imrs_ros.node.spinning import start_spinning
from imrs_ros.node.topics import ACTION, CLASSIFICATION, output_topic, RECOGNIZER
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import BACKENDS, BackendSettings
import rclpy
from rclpy.node import Node
from vision_msgs.msg import Classification

TOPICS = {'raw': '/raw/image', 'jpeg': '/jpeg/image/compressed'}
START_LIMIT_SEC = 120.0
GAP_SEC = 1.5
"""Pause between two clips, longer than the node's ``max_gap_sec``."""
SETTLE_SEC = 0.3
"""Time for the labels of the last window to arrive."""


class LabelLog:
    """The actions decided for one camera during one clip, printed as they arrive."""

    def __init__(self, node: Node, camera: str) -> None:
        """
        Subscribe to the camera's outputs.

        :param node: the node that owns the subscriptions.
        :param camera: the camera's name.
        """
        self._node, self._camera = node, camera
        self._lock = threading.Lock()
        self._latency_sec = float('nan')
        self._truth: str | None = None
        self._changes: list[tuple[float, str]] = []
        node.create_subscription(
            Classification, output_topic(camera, CLASSIFICATION, RECOGNIZER), self._on_scores,
            EVERY_WINDOW)
        node.create_subscription(
            Classification, output_topic(camera, ACTION, RECOGNIZER), self._on_action, LATCHED)

    def begin(self, truth: str | None) -> None:
        """
        Forget the last clip; another begins.

        :param truth: its class, if known.
        """
        with self._lock:
            self._truth = truth
            self._changes = [(time.monotonic(), NO_ACTION)]

    def longest(self) -> str:
        """
        Return the label that was decided for the longest time since ``begin``.

        :return: a label; ``NO_ACTION`` if none was decided.
        """
        with self._lock:
            ends = [when for when, _ in self._changes[1:]] + [time.monotonic()]
            duration_ms: Counter[str] = Counter()
            for (start, label), end in zip(self._changes, ends):
                duration_ms[label] += round((end - start) * 1000)
        del duration_ms[NO_ACTION]
        return duration_ms.most_common(1)[0][0] if duration_ms else NO_ACTION

    def _on_scores(self, msg: Classification) -> None:
        now_ns = self._node.get_clock().now().nanoseconds
        self._latency_sec = (now_ns - stamp_to_ns(msg.header.stamp)) / 1e9

    def _on_action(self, msg: Classification) -> None:
        best = msg.results[0]
        with self._lock:
            self._changes.append((time.monotonic(), best.class_id))
            truth = f'  (truth: {self._truth})' if self._truth else ''
        print(f'  {self._camera:4}  {best.class_id:20} score {best.score:.2f}  latency '
              f'{self._latency_sec * 1e3:4.0f} ms{truth}', flush=True)


def play_all(node: Node, clips: tuple[DemoClip, ...], recognizer: 'subprocess.Popen[bytes]',
             ) -> tuple[int, int]:
    """
    Play clips alternately on the raw and the JPEG camera.

    :param node: publishes and subscribes; it is spun on another thread.
    :param clips: the clips.
    :param recognizer: the node's process.
    :return: number of clips recognised correctly, and of clips whose class is known.
    :raises RuntimeError: when the recognizer does not start, or ends early.
    """
    players = {name: VideoPlayer(node, topic, f'{name}_camera') for name, topic in TOPICS.items()}
    logs = {name: LabelLog(node, name) for name in TOPICS}
    _wait_for(players, recognizer)
    num_right = num_known = 0
    for index, clip in enumerate(clips):
        name = tuple(TOPICS)[index % len(TOPICS)]
        print(f'{clip.name} as {name} images', flush=True)
        logs[name].begin(clip.truth)
        players[name].play_images(clip.images())
        time.sleep(SETTLE_SEC)
        longest = logs[name].longest()
        if clip.truth is not None:
            num_known += 1
            num_right += longest == clip.truth
            print(f'  -> {longest}: {"right" if longest == clip.truth else "wrong"}', flush=True)
        if recognizer.poll() is not None:
            raise RuntimeError(f'the recognizer ended early, status {recognizer.returncode}')
        time.sleep(GAP_SEC)
    return num_right, num_known


def _wait_for(players: dict[str, VideoPlayer], recognizer: 'subprocess.Popen[bytes]') -> None:
    limit = time.monotonic() + START_LIMIT_SEC
    while not all(player.num_subscribers for player in players.values()):
        if recognizer.poll() is not None or time.monotonic() > limit:
            raise RuntimeError('expected the recognizer to subscribe to its cameras, it did not; '
                               'see its messages above')
        time.sleep(0.1)


def start_recognizer(model: str, backend: str) -> 'subprocess.Popen[bytes]':
    """
    Start the node in a process of its own.

    :param model: name or path of the model.
    :param backend: what runs it.
    :return: the process.
    """
    topics = ', '.join(TOPICS.values())
    return subprocess.Popen([
        sys.executable, '-m', 'imrs_ros', '--ros-args', '-p', f'model:={model}',
        '-p', f'backend:={backend}', '-p', f'cameras:=[{topics}]'])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='demo', description='Play video to the real node and print its labels.')
    parser.add_argument('--video', default=os.environ.get('VIDEO'), help='video file or folder')
    parser.add_argument('--data', type=Path, default=data_folder(), help='folder of data sets')
    parser.add_argument('--model', default=os.environ.get('MODEL') or 'ucf10',
                        help='name or path of a model')
    parser.add_argument('--backend', choices=BACKENDS, default=BackendSettings().backend,
                        help='inference backend; default %(default)s')
    arguments = parser.parse_args()
    # A graph of its own, apart from all other nodes on this machine and network.
    os.environ.setdefault('ROS_DOMAIN_ID', str(1 + os.getpid() % 100))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    try:
        labels = ModelCard.load(find_model(arguments.model)).labels
        source = choose_source(arguments.video, arguments.data, labels)
        print(f'demo: playing {source.description}', flush=True)
        right, known = run(source.clips, arguments.model, arguments.backend)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'demo: {error}')
    except KeyboardInterrupt:
        sys.exit(130)
    if known:
        print(f'demo: {right} of {known} clips named right')


def run(clips: tuple[DemoClip, ...], model: str, backend: str) -> tuple[int, int]:
    """
    Start the recognizer, play the clips, and end everything.

    :param clips: the clips.
    :param model: name or path of the model.
    :param backend: what runs it.
    :return: number of clips recognised correctly, and of clips whose class is known.
    :raises RuntimeError: when the recognizer does not start, or ends early.
    """
    recognizer = start_recognizer(model, backend)
    rclpy.init()
    node = Node('demo')
    stop_spinning = start_spinning(node)
    try:
        return play_all(node, clips, recognizer)
    finally:
        recognizer.terminate()
        recognizer.wait()
        stop_spinning()
        node.destroy_node()
        rclpy.try_shutdown()
