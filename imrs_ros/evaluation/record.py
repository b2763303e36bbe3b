"""
``record``: keep what a live node says of a recording that is played, then report it.

The report is that of ``evaluate``, with a section that puts live beside offline.
"""

import argparse
from collections.abc import Sequence
from contextlib import suppress
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
from types import FrameType

from imrs_ros.evaluation.evaluate import add_job_arguments, evaluate_all, job_of
from imrs_ros.evaluation.live.interrupted_replay import heard_result
from imrs_ros.evaluation.live.live_track import live_section, live_track
from imrs_ros.evaluation.live.recorder import LiveRecorder, wait_for_end
from imrs_ros.evaluation.live.replay import NODE_PARAMETERS, player_arguments
from imrs_ros.evaluation.metrics.figure_table import summary
from imrs_ros.evaluation.offline.recording_result import Job, Result
from imrs_ros.evaluation.recordings.source import open_recording
from imrs_ros.evaluation.report import report
from imrs_ros.evaluation.report.page import write_page
from imrs_ros.node.shutdown import ignore
from imrs_ros.node.spinning import start_spinning
from imrs_ros.node.topics import RECOGNIZER
from imrs_ros.node_settings import camera_name
import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

INTERRUPTED = 130
"""Exit status of a process that was interrupted, as a shell gives it."""


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
    parser.add_argument('--recognizer', default=RECOGNIZER, help='full name of the node')
    parser.add_argument('--alone', action='store_true',
                        help='start the node and play, too, as replay.launch.py does')


def run(options: argparse.Namespace) -> int:
    """
    Run the command.

    :param options: the command line.
    :return: 0, 1 where the recording could not be evaluated, or ``INTERRUPTED``.
    :raises KeyboardInterrupt: where the node had published no window.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    report.check_folder(options.out)
    job = job_of(options)
    if len(options.recordings) != 1:
        raise ValueError(f'expected one recording, got {len(options.recordings)}')
    path = options.recordings[0]
    with open_recording(path, job.topics, preferred=job.preferred) as recording:
        topics, start_ns = recording.topics, recording.start_ns
    recorder, is_over = _record(options, job, topics)
    if is_over:
        with suppress(KeyboardInterrupt):
            result = evaluate_all([path], job)[0]
            made = report.build([result], job)
            add_live(made, result, recorder, start_ns)
            _write(made, result, options.out)
            return 1 if result.error else 0
    if not any(recorder.windows.values()):
        raise KeyboardInterrupt
    result = heard_result(path, job, recorder.windows)
    _write(report.build([result], job), result, options.out)
    return INTERRUPTED


def _interrupt(number: int, frame: FrameType | None) -> None:
    # What ends a launch sends SIGTERM where SIGINT did not end a process at once.
    signal.signal(signal.SIGTERM, ignore)
    raise KeyboardInterrupt


def _write(made: dict[str, object], result: Result, folder: Path) -> None:
    report.write(made, folder)
    print(f'{summary(made)}\n{write_page(made, [result], folder)}')


def _record(options: argparse.Namespace, job: Job, topics: Sequence[str],
            ) -> tuple[LiveRecorder, bool]:
    """Listen until the recording is over, or until an interrupt, which makes it False."""
    children: list[subprocess.Popen[bytes]] = []
    if options.alone:
        os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = Node('recorder')
    stop_spinning = start_spinning(node)
    is_over = False
    try:
        recorder = LiveRecorder(
            node, [camera_name(topic) for topic in topics], job.card.labels, options.recognizer)
        with suppress(KeyboardInterrupt):
            if options.alone:
                children += _start(options, job, topics)
            recorder.wait_for_node(lambda: any(child.poll() for child in children))
            # A player that waits for those who go by its clock begins now.
            node.set_parameters([rclpy.Parameter('use_sim_time', value=True)])
            wait_for_end(node, lambda: any(child.poll() for child in children))
            for child in children:
                if child.poll():
                    raise RuntimeError(
                        'expected the node and the player to run to the end, one ended with '
                        f'status {child.returncode}; its messages stand above')
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
    """Start the node as it runs on the robot, and the player."""
    params = ['--params-file', str(options.params)] if options.params else []
    node = [sys.executable, '-m', 'imrs_ros', '--ros-args', *params]
    for name, value in {'model': str(job.card.folder), 'cameras': list(topics),
                        **NODE_PARAMETERS}.items():
        node += ['-p', f'{name}:={json.dumps(value)}']
    player = [sys.executable, '-m', 'imrs_ros.evaluation', 'play',
              *player_arguments(str(options.recordings[0]), topics)]
    return [subprocess.Popen(node), subprocess.Popen(player)]
