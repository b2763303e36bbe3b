# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``record``: record the outputs of a live node while a recording plays, then report them.

The report is that of ``evaluate``, with a section that compares live with offline.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import suppress
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from types import FrameType

from imrs_ros.evaluation.jobs import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.live.first_images import first_images
from imrs_ros.evaluation.live.interrupted_replay import interrupted_result
from imrs_ros.evaluation.live.recorder import LiveRecorder, wait_for_end
from imrs_ros.evaluation.live.replay import (
    NODE_PARAMETERS, people_parameters, player_arguments)
from imrs_ros.evaluation.live_report import add_live, add_live_people
from imrs_ros.evaluation.offline.people_source import people_topics, TOPIC
from imrs_ros.evaluation.offline.recording_result import Job
from imrs_ros.evaluation.operating_curve import add_curve
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.files import check_folder, write_report
from imrs_ros.node.shutdown import ignore
from imrs_ros.node.spinning import start_spinning
from imrs_ros.node.topics import RECOGNIZER
from imrs_ros.node_settings import camera_name
import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from tqdm import tqdm

INTERRUPTED = 130
"""Exit status of an interrupted process, as in a shell."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    add_job_arguments(parser)
    parser.add_argument('--out', type=Path, required=True,
                        help='folder for report.json and report.html')
    parser.add_argument('--recognizer', default=RECOGNIZER,
                        help='full name of the recognizer node')
    parser.add_argument('--alone', action='store_true',
                        help='also start the node and the player, as replay.launch.py does')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, 1 if the recording could not be evaluated, or ``INTERRUPTED``.
    :raises KeyboardInterrupt: if the node had published no scores.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    check_folder(options.out)
    job = job_of(options)
    if len(options.recordings) != 1:
        raise ValueError(f'expected one recording, got {len(options.recordings)}')
    path = options.recordings[0]
    with open_recording(path, job.topics, preferred=job.preferred) as recording:
        topics, start_ns = recording.topics, recording.start_ns
        duration_sec = recording.duration_ns / 1e9
        sizes = ({first.topic: first.size for first in first_images(recording)} if job.people
                 else {})
    with tqdm(total=round(duration_sec, 1), unit='s', desc='record', disable=None) as bar:
        def show(now_ns: int) -> None:
            played_sec = min((now_ns - start_ns) / 1e9, duration_sec)
            bar.update(max(0.0, round(played_sec - bar.n, 1)))
        recorder, is_over = _record(options, job, topics, show)
    if is_over:
        with suppress(KeyboardInterrupt):
            result = evaluate_all([path], job)[0]
            report = build_report([result], job)
            add_curve(report, [result], job)
            add_live(report, result, recorder, start_ns)
            if job.people:
                add_live_people(report, result, recorder.people, sizes, start_ns, job)
            write_report(report, [result], options.out)
            return 1 if result.error else 0
    if not any(recorder.windows.values()):
        raise KeyboardInterrupt
    result = interrupted_result(path, job, recorder.windows, recorder.people)
    result.notes += recorder.notes()
    print('Figures of the live node, up to the interrupt:')
    write_report(build_report([result], job), [result], options.out)
    return INTERRUPTED


def _interrupt(number: int, frame: FrameType | None) -> None:
    # launch escalates to SIGTERM if SIGINT does not end a process at once.
    signal.signal(signal.SIGTERM, ignore)
    raise KeyboardInterrupt


def _record(options: argparse.Namespace, job: Job, topics: Sequence[str],
            on_time: Callable[[int], object]) -> tuple[LiveRecorder, bool]:
    """Record until the recording is over: the recorder, and False after an interrupt."""
    children: list[subprocess.Popen[bytes]] = []
    if options.alone:
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node('recorder')
    stop_spinning = start_spinning(node)
    is_over = False
    try:
        recorder = LiveRecorder(
            node, [camera_name(topic) for topic in topics], job.card.labels, options.recognizer,
            has_people=bool(job.people))
        with suppress(KeyboardInterrupt):
            if options.alone:
                children += _start(options, job, topics)
            recorder.wait_for_node(lambda: any(child.poll() for child in children))
            # The player waits for the subscribers of its clock, and starts now.
            node.set_parameters([rclpy.Parameter('use_sim_time', value=True)])
            wait_for_end(node, lambda: any(child.poll() for child in children), on_time)
            for child in children:
                if child.poll():
                    raise RuntimeError(
                        'expected the node and the player to run to the end, one exited with '
                        f'status {child.returncode}; see its messages above')
            is_over = True
    finally:
        for child in children:
            child.terminate()
            child.wait()
        stop_spinning()
        node.destroy_node()
        rclpy.try_shutdown()
    return recorder, is_over


def _start(options: argparse.Namespace, job: Job, topics: Sequence[str],
           ) -> list[subprocess.Popen[bytes]]:
    """Start the node, as on the robot, and the player."""
    params = ['--params-file', str(options.params)] if options.params else []
    node = [sys.executable, '-m', 'imrs_ros', '--ros-args', *params]
    people = people_topics(topics, job.settings, job.detections) if job.people == TOPIC else {}
    for name, value in {'model': str(job.card.folder), 'cameras': list(topics),
                        **people_parameters(people), **NODE_PARAMETERS}.items():
        node += ['-p', f'{name}:={json.dumps(value)}']
    player = [sys.executable, '-m', 'imrs_ros.evaluation', 'play',
              *player_arguments(str(options.recordings[0]), topics, people)]
    return [subprocess.Popen(node), subprocess.Popen(player)]
