# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``make demo PEOPLE=1``: several people in one picture, found and named one by one.

The recognizer and the person finder run as on a robot, each in a process of its own.
"""

from collections.abc import Sequence
import time

from imrs_ros.demo.people_log import num_right, PeopleLog
from imrs_ros.demo.recognizer_process import RecognizerProcess
from imrs_ros.demo.scenes import Scene
from imrs_ros.demo.video_player import VideoPlayer
from imrs_ros.node.spinning import start_spinning
import rclpy
from rclpy.node import Node

TOPIC = '/people/image'
CAMERA = 'people'
SUBSCRIBERS = 2
"""Of the images: recognizer and person finder."""
SETTLE_SEC, GAP_SEC = 0.3, 1.5
"""Time for the last labels to arrive, and between two scenes."""


def run_people(scenes: Sequence[Scene], model: str, backend: str) -> int:
    """
    Start the nodes, play the scenes, and end everything.

    :param scenes: what to play.
    :param model: name or path of the model.
    :param backend: what runs it.
    :return: the exit status: 0 when people were scored.
    :raises RuntimeError: when a node does not start, or ends early.
    :raises VideoError: when a video cannot be read.
    """
    nodes = RecognizerProcess(model, backend, [TOPIC], people=True)
    rclpy.init()
    node = Node('demo')
    stop_spinning = start_spinning(node)
    player, log = VideoPlayer(node, TOPIC, 'people_camera'), PeopleLog(node, CAMERA)
    try:
        nodes.wait_until(lambda: player.num_subscribers >= SUBSCRIBERS)
        right = known = windows = 0
        for scene in scenes:
            print(scene.name, flush=True)
            images = list(scene.images())
            log.begin(max(1, len(scene.truths)), images[0].image_HWC.shape[1])
            player.play(images)
            time.sleep(SETTLE_SEC)
            labels = log.labels()
            windows += labels.num_windows
            known += len(scene.truths)
            right += num_right(labels, scene.truths)
            print(f'  -> {", ".join(labels.longest)}'
                  f'{" (truth: " + ", ".join(scene.truths) + ")" if scene.truths else ""}; '
                  f'{labels.num_people} people, {labels.num_windows} windows', flush=True)
            nodes.check()
            time.sleep(GAP_SEC)
        if known:
            print(f'demo: {right} of {known} people named right')
        print(f'demo: {windows} windows of people scored')
        return int(not windows)
    finally:
        nodes.close()
        stop_spinning()
        node.destroy_node()
        rclpy.try_shutdown()
