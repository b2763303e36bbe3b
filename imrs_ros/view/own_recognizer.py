# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A recognizer of the view's own, fed with video: cameras, streams, and files that repeat."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
import os
import threading

from imrs_ros.demo.recognizer_process import RecognizerProcess
from imrs_ros.demo.ros_domain import RosDomain
from imrs_ros.demo.sources import choose_source, data_folder, DemoClip
from imrs_ros.demo.video_player import VideoPlayer
from imrs_ros.images.preprocessing import fit_within
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.video import StampedImage, VideoError
from imrs_ros.view.live_state import LiveState
from rclpy.node import Node

MAX_SIDE_PX = 960
"""Images are published no larger: several times what a network takes."""
RETRY_SEC = 3.0


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnSources:
    """What is played, and to which model."""

    clips: tuple[tuple[DemoClip, ...], ...]
    """Of every camera."""
    model: str
    backend: str
    people: bool


def choose_sources(texts: Sequence[str], model: str, backend: str, *, people: bool) -> OwnSources:
    """
    Check what the user named.

    :param texts: of every camera: a video file, a folder of them, or a live source.
    :param model: name or path of the model.
    :param backend: what runs it.
    :param people: whether everyone gets an action.
    :return: the sources.
    :raises ValueError: when a source is none, or the model cannot be used.
    :raises OSError: when the model cannot be read.
    """
    labels = ModelCard.load(find_model(model)).labels
    return OwnSources(
        clips=tuple(choose_source(text, data_folder(), labels).clips for text in texts),
        model=model, backend=backend, people=people)


def use_own_domain() -> RosDomain:
    """
    Choose a graph apart from all others on this machine and network, before ROS starts.

    :return: the reservation, which must be held as long as the graph is used.
    :raises RuntimeError: when every domain is in use.
    """
    domain = RosDomain()
    os.environ['ROS_DOMAIN_ID'] = os.environ.get('ROS_DOMAIN_ID') or str(domain.number)
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    return domain


class OwnRecognizer:
    """The processes, and a thread for each camera."""

    def __init__(self, node: Node, sources: OwnSources, state: LiveState) -> None:
        """
        Start everything; it takes a while until the first image is published.

        :param node: publishes the images; it is spun on another thread.
        :param sources: what is played.
        :param state: is told what goes wrong.
        """
        self._state, self._ended = state, threading.Event()
        self._num_subscribers = 1 + sources.people
        number = len(sources.clips)
        names = ['camera'] if number == 1 else [f'camera_{i + 1}' for i in range(number)]
        topics = [f'/{name}/image_raw' for name in names]
        players = [VideoPlayer(node, topic, name) for topic, name in zip(topics, names)]
        self._processes = RecognizerProcess(
            sources.model, sources.backend, topics, people=sources.people)
        self._threads = [
            threading.Thread(target=self._run, args=(player, clips), daemon=True)
            for player, clips in zip(players, sources.clips)]
        for thread in self._threads:
            thread.start()

    def _run(self, player: VideoPlayer, clips: Sequence[DemoClip]) -> None:
        try:
            self._processes.wait_until(
                lambda: self._ended.is_set() or player.num_subscribers >= self._num_subscribers)
            while not self._ended.is_set():
                for clip in clips:
                    self._play(player, clip)
        except (RuntimeError, OSError, ValueError) as error:
            if not self._ended.is_set():
                self._state.say(str(error))
                print(f'view: {error}', flush=True)

    def _play(self, player: VideoPlayer, clip: DemoClip) -> None:
        try:
            player.play(self._until_ended(clip))
        except VideoError as error:
            if self._ended.is_set():
                return
            print(f'view: {error}', flush=True)
            self._state.say(f'{error}; trying again')
            self._ended.wait(RETRY_SEC)

    def _until_ended(self, clip: DemoClip) -> Iterator[StampedImage]:
        for image in replace(clip, duration_sec=float('inf')).images():
            if self._ended.is_set():
                return
            self._processes.check()
            self._state.say('')
            yield StampedImage(image.stamp_ns, fit_within(image.image_HWC, MAX_SIDE_PX))

    def close(self) -> None:
        """End threads and processes."""
        self._ended.set()
        with suppress(KeyboardInterrupt):
            self._processes.close()
        for thread in self._threads:
            thread.join(2.0)
