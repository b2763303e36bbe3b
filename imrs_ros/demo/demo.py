# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The demo: the real node in its own process, real video as its cameras, labels in the terminal.

Clips are played alternately on a raw and a JPEG camera, through the middleware, at the video's
frame rate.
"""

import argparse
import os
from pathlib import Path
import sys
import time

from imrs_ros.demo.label_log import LabelLog
from imrs_ros.demo.people_demo import run_people
from imrs_ros.demo.recognizer_process import RecognizerProcess
from imrs_ros.demo.ros_domain import RosDomain
from imrs_ros.demo.scenes import people_scenes
from imrs_ros.demo.sources import choose_source, data_folder, DemoClip
from imrs_ros.demo.summary import ClipResult, closing_lines, is_success
from imrs_ros.demo.video_player import Played, VideoPlayer
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.fastdds_profile import use_image_profile
from imrs_ros.node.spinning import start_spinning
from imrs_ros.settings import BACKENDS, BackendSettings
from imrs_ros.video import VideoError
import rclpy
from rclpy.node import Node

TOPICS = {'raw': '/raw/image', 'jpeg': '/jpeg/image/compressed'}
GAP_SEC = 1.5
"""Pause between two clips, longer than the node's ``max_gap_sec``."""
SETTLE_SEC = 0.3
"""Time for the labels of the last window to arrive."""
TOLD_LATE_SEC = 1.0
INTERRUPTED = 130


class Demo:
    """Plays clips alternately on the raw and the JPEG camera."""

    def __init__(self, node: Node, recognizer: RecognizerProcess) -> None:
        """
        Create the cameras, and subscribe to what is recognised.

        :param node: publishes and subscribes; it is spun on another thread.
        :param recognizer: runs in a process of its own.
        """
        self._recognizer = recognizer
        self._players = {
            name: VideoPlayer(node, topic, f'{name}_camera') for name, topic in TOPICS.items()}
        self._logs = {name: LabelLog(node, name) for name in TOPICS}
        self.results: list[ClipResult] = []
        """Of the clips played so far."""

    def play_all(self, clips: tuple[DemoClip, ...]) -> None:
        """
        Play clips; one that cannot be read is named, and the next is played.

        :param clips: the clips.
        :raises RuntimeError: when the recognizer does not start, or ends early.
        """
        self._recognizer.wait_until(
            lambda: all(player.num_subscribers for player in self._players.values()))
        for index, clip in enumerate(clips):
            self._play(clip, tuple(TOPICS)[index % len(TOPICS)])
            self._recognizer.check()
            if index < len(clips) - 1:
                time.sleep(GAP_SEC)

    def _play(self, clip: DemoClip, camera: str) -> None:
        print(f'{clip.name} as {camera} images', flush=True)
        log, error, played = self._logs[camera], None, Played(0.0, 0.0)
        log.begin(clip.truth)
        try:
            played = self._players[camera].play(clip.images())
            time.sleep(SETTLE_SEC)
        except VideoError as video_error:
            error = str(video_error)
            print(f'  {error}', flush=True)
        finally:
            # Also when the user interrupts a camera.
            result = ClipResult(
                name=clip.name, truth=clip.truth, labels=log.labels(), played=played, error=error)
            self.results.append(result)
        if played.late_sec > TOLD_LATE_SEC:
            print(f'  played {played.late_sec:.0f} s slower than real time: this machine is too '
                  'slow for images of this size', flush=True)
        if clip.truth is not None and error is None:
            print(f'  -> {result.labels.longest}: {"right" if result.is_right else "wrong"}',
                  flush=True)


def main() -> None:
    """Run the command line."""
    arguments = _arguments()
    # A graph of its own, apart from all other nodes on this machine and network.
    # The object holds the reservation as long as this function runs.
    domain = RosDomain()
    os.environ.setdefault('ROS_DOMAIN_ID', str(domain.number))
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    use_image_profile(os.environ)
    try:
        labels = ModelCard.load(find_model(arguments.model)).labels
        source = choose_source(arguments.video, arguments.data, labels)
        print(f'demo: playing {source.description}', flush=True)
        if arguments.people:
            sys.exit(run_people(people_scenes(source, arguments.data), arguments.model,
                                arguments.backend))
        results, status = run(source.clips, arguments.model, arguments.backend)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'demo: {error}')
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    for line in closing_lines(results, labels):
        print(f'demo: {line}')
    sys.exit(status)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='demo', description='Play video to the real node and print its labels.')
    parser.add_argument('--video', default=os.environ.get('VIDEO'),
                        help='video file, folder, number of a camera, or rtsp://...')
    parser.add_argument('--people', action='store_true',
                        default=os.environ.get('PEOPLE') not in (None, '', '0'),
                        help='several people in one picture, and an action of each')
    parser.add_argument('--data', type=Path, default=data_folder(), help='folder of data sets')
    parser.add_argument('--model', default=os.environ.get('MODEL') or 'ucf10',
                        help='name or path of a model')
    parser.add_argument('--backend', choices=BACKENDS, default=BackendSettings().backend,
                        help='inference backend; default %(default)s')
    return parser.parse_args()


def run(clips: tuple[DemoClip, ...], model: str, backend: str) -> tuple[list[ClipResult], int]:
    """
    Start the recognizer, play the clips, and end everything.

    :param clips: the clips.
    :param model: name or path of the model.
    :param backend: what runs it.
    :return: what became of every clip, and the exit status.
    :raises RuntimeError: when the recognizer does not start, or ends early.
    """
    recognizer = RecognizerProcess(model, backend, TOPICS.values())
    rclpy.init()
    node = Node('demo')
    stop_spinning = start_spinning(node)
    demo = Demo(node, recognizer)
    try:
        demo.play_all(clips)
        return demo.results, int(not is_success(demo.results))
    except KeyboardInterrupt:
        if not demo.results:
            raise
        return demo.results, INTERRUPTED
    finally:
        recognizer.close()
        stop_spinning()
        node.destroy_node()
        rclpy.try_shutdown()
