# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Soak test of the node: ``python benchmarks/soak.py --minutes 20``.

Cameras appear, vanish and change their transport, images arrive damaged, valid and invalid
parameters are set, and the node goes through its lifecycle, all at random from a seed. Fails
(status 1) if memory grows by more than 3 % after the second minute, if threads or open files are
left over, if an exception was not handled, or if a damaged image was not counted in /diagnostics.

Before every rest there is a steady stretch, in which all cameras publish and nothing else happens:
every camera must get windows with low latency, and /diagnostics must report none as lost. The last
stretch is longer, and memory per frame is fitted to it; see ``soak_verdict``.

The memory of a connected camera is no leak, so memory is compared at rest: every two minutes all
cameras disconnect and the node is configured anew.
"""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from random import Random
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from imrs_ros.node.messages import jpeg_message, raw_message
from imrs_ros.node.spinning import spin_for
from imrs_ros.node.topics import camera_of_status, DIAGNOSTICS, RECOGNIZER
from imrs_ros.records import Frame
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_process import images, join_domain, Listener, NodeProcess, recognizer
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from sensor_msgs.msg import CompressedImage, Image
from soak_verdict import fit_slope, MAX_BYTES_PER_FRAME, window_problems
from tqdm import tqdm

CAMERAS = ('front', 'left', 'right', 'rear')
RATE_HZ = 25.0
EVENT_PERIOD_SEC = 1.5
SETTLE_SEC = 2.5
"""By then, every image has arrived and has been counted in a diagnostics message."""
REST_PERIOD_SEC = 120.0
"""Between two measurements at rest; the first is what the last is compared with."""
MAX_GROWTH = 1.03
STEADY_SEC, WARM_UP_SEC = 6.0, 3.0
"""Length of a steady stretch, and time until its first window."""
SAMPLE_SEC = 0.5
"""Between two measurements of memory."""
RELOAD = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP,
          Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
ROUND_TRIPS = ((Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE), RELOAD)


@dataclass(frozen=True, slots=True)
class Usage:
    """Resources that the node holds."""

    rss_mb: float
    num_threads: int
    num_files: int

    @classmethod
    def of(cls, process: NodeProcess) -> 'Usage':
        """
        Measure a node.

        :param process: the node.
        :return: its resources now.
        """
        usage = process.usage
        with usage.oneshot():
            return cls(usage.memory_info().rss / 1e6, usage.num_threads(), usage.num_fds())


class Soak:
    """The cameras of a robot, and an operator who changes parameters and lifecycle states."""

    def __init__(self, process: NodeProcess, seed: int) -> None:
        """
        Join the graph.

        :param process: the node, active.
        :param seed: decides everything that happens.
        """
        self._process, self._rng = process, Random(seed)
        self._node = Node('soak')
        self._publishers: dict[str, Publisher] = {}
        self._raw = [raw_message(Frame(1, 'camera', image)) for image in images()]
        self._jpeg = [jpeg_message(Frame(1, 'camera', image)) for image in images()]
        self._num_sent = 0
        self._dropped: dict[str, int] = {}
        self.lost: set[str] = set()
        self._listener = Listener(CAMERAS)
        self.num_damaged = self.num_counted = 0
        self.num_events: dict[str, int] = {}
        self._node.create_subscription(DiagnosticArray, DIAGNOSTICS, self._hear, 10)
        self._clients = {kind: self._node.create_client(kind, f'{RECOGNIZER}/{name}')
                         for kind, name in ((ChangeState, 'change_state'),
                                            (GetState, 'get_state'),
                                            (SetParametersAtomically,
                                             'set_parameters_atomically'))}
        self._events: dict[str, Callable[[], None]] = {
            'camera': self._toggle_camera, 'damage': self._damage, 'parameter': self._tune,
            'wrong parameter': self._mistune, 'lifecycle': self._round_trip}

    def run(self, seconds: float) -> None:
        """
        Publish and let things happen.

        :param seconds: how long.
        """
        limit = time.monotonic() + seconds
        next_event = time.monotonic()
        while time.monotonic() < limit:
            self._publish()
            if time.monotonic() >= next_event:
                name = self._rng.choice(list(self._events))
                self.num_events[name] = self.num_events.get(name, 0) + 1
                self._events[name]()
                next_event = time.monotonic() + EVENT_PERIOD_SEC
        self._settle()

    def _publish(self) -> None:
        """Let every camera that is there give its next image."""
        self._num_sent += 1
        for publisher in self._publishers.values():
            messages = self._jpeg if publisher.msg_type is CompressedImage else self._raw
            message = messages[self._num_sent % len(messages)]
            message.header.stamp = self._node.get_clock().now().to_msg()
            publisher.publish(message)
        spin_for(self._node, 1 / RATE_HZ)

    def _toggle_camera(self) -> None:
        name = self._rng.choice(CAMERAS)
        if name in self._publishers:
            self._settle()
            self._node.destroy_publisher(self._publishers.pop(name))
            return
        kind, suffix = self._rng.choice(((Image, ''), (CompressedImage, '/compressed')))
        self._publishers[name] = self._node.create_publisher(
            kind, f'/{name}/image{suffix}', 100)

    def _damage(self) -> None:
        """Send images that nobody can use; only to who listens, or nobody could count them."""
        for publisher in self._publishers.values():
            if not publisher.get_subscription_count():
                continue
            is_jpeg = publisher.msg_type is CompressedImage
            message = publisher.msg_type(header=self._raw[0].header)
            message.header.stamp = self._node.get_clock().now().to_msg()
            if is_jpeg:
                whole = self._jpeg[0].data
                message.format, message.data = 'jpeg', whole[:self._rng.randrange(len(whole) // 2)]
            else:
                message.height, message.width, message.step = 480, 640, 640 * 3
                message.encoding = self._rng.choice(('rgb8', 'holographic', ''))
                message.data = self._raw[0].data[:self._rng.randrange(1000)]
            publisher.publish(message)
            self.num_damaged += 1
        spin_for(self._node, 0.1)

    def _set(self, **values: object) -> bool:
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()])
        answer = self._call(SetParametersAtomically, request)
        return bool(answer.result.successful)

    def _tune(self) -> None:
        enter = self._rng.uniform(0.2, 0.9)
        right = self._set(
            hop=self._rng.randint(1, 16), enter_threshold=enter, leave_threshold=0.7 * enter,
            smoothing_sec=self._rng.choice((0.0, 0.5, 2.0)),
            min_motion=self._rng.choice((0.0, 0.01)))
        if not right:
            raise RuntimeError('right parameters were refused')

    def _mistune(self) -> None:
        wrong = self._rng.choice((
            {'hop': 0}, {'enter_threshold': 0.2, 'leave_threshold': 0.9}, {'model': 'another'},
            {'enabled_classes': 'nothing of the sort'}, {'smoothing_sec': 'long'}))
        if self._set(**wrong):
            raise RuntimeError(f'wrong parameters were taken: {wrong}')

    def steady(self, seconds: float) -> tuple[list[str], list[tuple[int, int]]]:
        """
        Let every camera publish with nothing else going on.

        :param seconds: how long, after the first windows.
        :return: problems with windows; frames sent and private memory of the node, bytes, at
            every measurement.
        """
        if not self._set(hop=8, min_motion=0.0):
            raise RuntimeError('right parameters were refused')
        for name in CAMERAS:
            if name not in self._publishers:
                self._publishers[name] = self._node.create_publisher(
                    CompressedImage, f'/{name}/image/compressed', 100)
        self._settle()
        usages: list[tuple[int, int]] = []
        num_frames = 0
        self._publish_for(WARM_UP_SEC)
        self._listener.ages_sec.update({name: [] for name in CAMERAS})
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            num_frames += len(CAMERAS) * self._publish_for(SAMPLE_SEC)
            usages.append((num_frames, self._process.usage.memory_full_info().uss))
        return window_problems(self._listener.ages_sec), usages

    def _publish_for(self, seconds: float) -> int:
        """Publish on all cameras for some time; return the number of images of each."""
        limit, num_sent = time.monotonic() + seconds, 0
        while time.monotonic() < limit:
            self._publish()
            self._listener.listen(0.002)
            num_sent += 1
        return num_sent

    def rest(self) -> None:
        """Let all cameras leave, and the node be configured anew."""
        self._settle()
        while self._publishers:
            self._node.destroy_publisher(self._publishers.popitem()[1])
        self._go_through(RELOAD)
        self._settle()

    def _round_trip(self) -> None:
        self._settle()
        self._go_through(self._rng.choice(ROUND_TRIPS))

    def _go_through(self, transitions: Sequence[int]) -> None:
        for transition in transitions:
            request = ChangeState.Request()
            request.transition.id = transition
            if not self._call(ChangeState, request).success:
                raise RuntimeError(f'transition {transition} was refused')
            if transition == Transition.TRANSITION_CLEANUP:
                self._collect()
        state = self._call(GetState, GetState.Request()).current_state.id
        if state != State.PRIMARY_STATE_ACTIVE:
            raise RuntimeError(f'expected an active node, got state {state}')

    def _call(self, kind: type, request: object) -> Any:
        client = self._clients[kind]
        if not client.wait_for_service(30):
            raise RuntimeError(f'no service {client.srv_name}')
        future = client.call_async(request)
        rclpy.spin_until_future_complete(self._node, future, timeout_sec=60)
        if not future.done():
            raise RuntimeError(f'no answer from {client.srv_name}')
        return future.result()

    def _settle(self) -> None:
        """Let what was sent arrive, and be told of."""
        spin_for(self._node, SETTLE_SEC)

    def _hear(self, message: DiagnosticArray) -> None:
        for status in message.status:
            camera = camera_of_status(status.name, RECOGNIZER)
            values = {value.key: value.value for value in status.values}
            if int(values.get('num_lost', 0)):
                self.lost.add(status.message)
            if camera is not None:
                self._dropped[camera] = int(values['num_dropped'])

    def _collect(self) -> None:
        """Add up what was counted; a node that is configured anew starts at 0."""
        self.num_counted += sum(self._dropped.values())
        self._dropped.clear()

    def finish(self) -> None:
        """Leave the graph."""
        self._settle()
        self._collect()
        self._node.destroy_node()
        self._listener.node.destroy_node()


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Soak test of the node.')
    parser.add_argument('--minutes', type=float, default=20.0)
    parser.add_argument('--steady-sec', type=float, default=120.0,
                        help='length of the stretch to which memory per frame is fitted')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--backend', default='auto')
    parser.add_argument('--json', type=Path, help='write what was measured there')
    options = parser.parse_args()
    join_domain()
    rclpy.init()
    seconds = 60 * options.minutes
    parameters = {'model': options.model, 'backend': options.backend, 'reliability': 'reliable',
                  'queue_size': 20,
                  'cameras': [f'/{name}/image' for name in CAMERAS]}
    usages: list[tuple[float, Usage]] = []
    problems: list[str] = []
    with recognizer(parameters) as process:
        soak = Soak(process, options.seed)
        start_sec = time.monotonic()
        with tqdm(total=round(seconds), unit='s', desc='soak', disable=None) as bar:
            while (elapsed_sec := time.monotonic() - start_sec) < seconds:
                soak.run(min(REST_PERIOD_SEC, seconds - elapsed_sec))
                problems += soak.steady(STEADY_SEC)[0]
                soak.rest()
                usages.append((time.monotonic() - start_sec, Usage.of(process)))
                bar.update(round(usages[-1][0]) - bar.n)
        silent, growth = soak.steady(options.steady_sec)
        problems += silent
        soak.finish()
        log = process.log
    first, last = usages[0][1], usages[-1][1]
    print(f'events: {soak.num_events}; damaged images: {soak.num_damaged} sent, '
          f'{soak.num_counted} counted')
    for sec, usage in usages:
        print(f'{sec:6.0f} s: {usage}')
    # Buffers fill at first.
    slope = fit_slope(*zip(*growth[len(growth) // 3:]))
    print(f'memory per frame: {slope.bytes_per_frame:.0f} +- {slope.margin:.0f} bytes, accepted '
          f'{MAX_BYTES_PER_FRAME:.0f}')
    problems += [text for is_wrong, text in (
        (last.rss_mb > MAX_GROWTH * first.rss_mb, 'memory grew'),
        (last.num_threads > first.num_threads, 'threads were left over'),
        (last.num_files > first.num_files, 'files were left open'),
        ('Traceback' in log, 'an exception was not handled'),
        (soak.num_counted != soak.num_damaged, 'damaged images were not counted'),
        (bool(soak.lost), f'windows were lost: {", ".join(sorted(soak.lost))}')) if is_wrong]
    problems += [slope.problem] if slope.problem else []
    if options.json:
        options.json.write_text(json.dumps({
            'seed': options.seed, 'events': soak.num_events, 'num_damaged': soak.num_damaged,
            'num_counted': soak.num_counted, 'problems': problems,
            'bytes_per_frame': slope.bytes_per_frame, 'bytes_per_frame_margin': slope.margin,
            'usages': [{'sec': round(sec), **asdict(usage)} for sec, usage in usages]},
            indent=2) + '\n')
    rclpy.try_shutdown()
    if problems:
        sys.exit('soak: ' + '; '.join(problems))
    print('nothing leaked, nothing was lost')


if __name__ == '__main__':
    main()
