"""
``record``: keep what a live node says of a recording that is played, then report it.

The report is that of ``evaluate``, with a section that puts live beside offline.
"""

import argparse
from collections.abc import Callable, Sequence
import os
from pathlib import Path
import subprocess
import sys
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.evaluation import report
from imrs_ros.evaluation.evaluate import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.evaluation import Job, Result
from imrs_ros.evaluation.live import live_section, live_track, LiveWindow
from imrs_ros.evaluation.page import write_page
from imrs_ros.evaluation.source import open_recording
from imrs_ros.evaluation.summary import summary
from imrs_ros.records import NO_ACTION
from imrs_ros.ros_messages import HAS_VISION_MSGS, stamp_to_ns
from imrs_ros.ros_settings import camera_name
import numpy as np
import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

if HAS_VISION_MSGS:
    from vision_msgs.msg import Classification

DEPTH = 1000
SAME_WINDOW_NS = 50_000_000
"""A change of action that arrives later belongs to no window: the camera fell silent."""
END_SEC = 3.0
"""The clock has stopped for so long when the recording is over."""
START_LIMIT_SEC = 180.0


class LiveRecorder:
    """What a node says of its cameras, as it arrives."""

    def __init__(self, node: Node, cameras: Sequence[str], labels: Sequence[str],
                 recognizer: str = '/recognizer') -> None:
        """
        Subscribe to the outputs.

        :param node: that owns the subscriptions; its clock gives the times.
        :param cameras: their names.
        :param labels: of the model.
        :param recognizer: full name of the recognizer.
        :raises RuntimeError: where vision_msgs is not installed: there are no scores then.
        """
        if not HAS_VISION_MSGS:
            raise RuntimeError('expected vision_msgs, which carries the scores, got none; install '
                               'ros-<distro>-vision-msgs')
        self._node = node
        self._index = {label: k for k, label in enumerate(labels)}
        self._label = dict.fromkeys(cameras, (NO_ACTION, 1.0))
        self.windows: dict[str, list[LiveWindow]] = {camera: [] for camera in cameras}
        self.counts: dict[str, dict[str, str]] = {}
        latched = QoSProfile(depth=DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        for camera in cameras:
            # Scores first: the executor asks subscriptions in this order.
            node.create_subscription(
                Classification, f'{recognizer}/{camera}/classification',
                self._scores_of(camera), DEPTH)
            node.create_subscription(
                Classification, f'{recognizer}/{camera}/action', self._action_of(camera), latched)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, DEPTH)

    def _now_ns(self) -> int:
        return int(self._node.get_clock().now().nanoseconds)

    def _scores_of(self, camera: str) -> 'Callable[[Classification], None]':
        def take(msg: 'Classification') -> None:
            probabilities_K = np.zeros(len(self._index), np.float32)
            for result in msg.results:
                probabilities_K[self._index[result.class_id]] = result.score
            self.windows[camera].append(LiveWindow(
                stamp_to_ns(msg.header.stamp), self._now_ns(), probabilities_K,
                *self._label[camera]))
        return take

    def _action_of(self, camera: str) -> 'Callable[[Classification], None]':
        def take(msg: 'Classification') -> None:
            best = msg.results[0]
            self._label[camera] = best.class_id, best.score
            last = self.windows[camera][-1] if self.windows[camera] else None
            if last is not None and self._now_ns() - last.arrival_ns <= SAME_WINDOW_NS:
                last.label, last.confidence = self._label[camera]
        return take

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            self.counts[status.hardware_id] = {value.key: value.value for value in status.values}


def wait_for_end(node: Node, is_over: Callable[[], bool]) -> None:
    """
    Wait until the clock of the recording has run, and stands still.

    :param node: with ``use_sim_time``, spun on another thread.
    :param is_over: asked all the time; ends the wait at once.
    :raises RuntimeError: when the clock never starts.
    """
    limit_sec = time.monotonic() + START_LIMIT_SEC
    last_ns, since_sec, has_run = 0, time.monotonic(), False
    while not is_over():
        now_ns = node.get_clock().now().nanoseconds
        if now_ns != last_ns:
            # A player that waits for subscribers shows the time of its start until they are there.
            has_run = last_ns > 0
            last_ns, since_sec = now_ns, time.monotonic()
        elif has_run and time.monotonic() - since_sec > END_SEC:
            return
        elif not has_run and time.monotonic() > limit_sec:
            raise RuntimeError(f'expected /clock to run within {START_LIMIT_SEC:.0f} s, it does '
                               'not; play the recording with --clock')
        time.sleep(0.05)


def add_live(made: dict[str, object], result: Result, recorder: LiveRecorder, start_ns: int,
             ) -> None:
    """
    Add the section of the live node to a report.

    :param made: the report of the same recording offline.
    :param result: of the same, offline.
    :param recorder: what the node said.
    :param start_ns: of the recording.
    """
    pairs, notes = [], []
    for seen, offline in result.cameras:
        windows = recorder.windows.get(seen.camera, [])
        if windows:
            pairs.append((seen, offline, live_track(windows, seen, offline, start_ns)))
        else:
            notes.append(f'{seen.camera}: the node published no window')
    made['live'] = live_section(pairs, recorder.counts, notes)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Describe the command line.

    :param parser: of the sub-command.
    """
    add_job_arguments(parser)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for report.json and report.html')
    parser.add_argument('--recognizer', default='/recognizer', help='full name of the node')
    parser.add_argument('--alone', action='store_true',
                        help='start the node and play, too, as replay.launch.py does')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, or 1 where the recording could not be evaluated.
    """
    job = job_of(options)
    if len(options.recordings) != 1:
        raise ValueError(f'expected one recording, got {len(options.recordings)}')
    path = options.recordings[0]
    with open_recording(path, job.topics, preferred=job.preferred) as recording:
        topics, start_ns = recording.topics, recording.start_ns
    recorder = _record(options, job, topics)
    result = evaluate_all([path], job)[0]
    made = report.build([result], job)
    add_live(made, result, recorder, start_ns)
    report.write(made, options.out)
    print(f'{summary(made)}\n{write_page(made, [result], options.out)}')
    return 1 if result.error else 0


def _record(options: argparse.Namespace, job: Job, topics: Sequence[str]) -> LiveRecorder:
    """Listen until the recording is over, or until an interrupt."""
    children: list[subprocess.Popen[bytes]] = []
    if options.alone:
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    rclpy.init()
    node = Node('recorder', parameter_overrides=[rclpy.Parameter('use_sim_time', value=True)])
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinner = threading.Thread(target=_spin, args=(executor,))
    spinner.start()
    try:
        recorder = LiveRecorder(
            node, [camera_name(topic) for topic in topics], job.card.labels, options.recognizer)
        if options.alone:
            children = _start(options, job, topics)
        wait_for_end(node, lambda: any(child.poll() for child in children) or not rclpy.ok())
        for child in children:
            if child.poll():
                raise RuntimeError('expected the node and the player to run to the end, one ended '
                                   f'with status {child.returncode}; its messages stand above')
    finally:
        for child in children:
            child.terminate()
            child.wait()
        executor.shutdown()
        spinner.join()
        node.destroy_node()
        rclpy.try_shutdown()
    return recorder


def _start(options: argparse.Namespace, job: Job, topics: Sequence[str],
           ) -> list[subprocess.Popen[bytes]]:
    """Start the node as it runs on the robot, and the player."""
    params = ['--params-file', str(options.params)] if options.params else []
    node = [sys.executable, '-m', 'imrs_ros', '--ros-args', *params]
    for name, value in (
            ('model', job.card.folder), ('cameras', f'[{", ".join(topics)}]'),
            ('top_k', 1000), ('use_sim_time', 'true')):
        node += ['-p', f'{name}:={value}']
    player = [sys.executable, '-m', 'imrs_ros.evaluation', 'play', str(options.recordings[0]),
              '--topics', *topics, '--clock', '--wait-sec', f'{START_LIMIT_SEC:g}']
    return [subprocess.Popen(node), subprocess.Popen(player)]


def _spin(executor: SingleThreadedExecutor) -> None:
    try:
        executor.spin()
    except ExternalShutdownException:
        pass
