# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""An action ends when no window follows it, whatever the cause, and diagnostics say so."""

import itertools
import time

from imrs_ros.node.messages import raw_message
import pytest
from ros_support import EAGER, frames, GatedBackend, publish_window, START_NS, tiny_parameters

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
FRONT = '/front/image_raw'
PERIOD_NS = 40_000_000
NEXT_NS = START_NS + 16 * PERIOD_NS
NO_WINDOWS = 'although images arrive'


class LosingBackend(GatedBackend):
    """The real backend, which fails from now on."""

    def infer(self, clips):
        raise RuntimeError('device lost')


def flow(camera, stamps_ns, encoding='rgb8'):
    """Return a function that publishes the next image, at about 25 Hz."""
    message = raw_message(frames(1)[0])
    message.encoding = encoding

    def publish():
        stamp_ns = next(stamps_ns)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        camera.publish(message)
        time.sleep(0.04)
    return publish


def regular():
    return itertools.count(NEXT_NS, PERIOD_NS)


def two_clocks():
    """Yield the stamps of two publishers whose clocks differ by 10 s."""
    for stamp_ns in regular():
        yield from (stamp_ns, stamp_ns + 10**10)


def decided(graph, tiny_card, **changes):
    """Start the node and decide an action; return the node, the camera and what it publishes."""
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    actions = graph.collect(vision_msgs.Classification, '/recognizer/front/action', latched=True)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    node = graph.start_recognizer(**tiny_parameters(
        tiny_card, FRONT, **{**EAGER, **changes}))
    camera = graph.reliable_publisher(sensor_msgs.Image, FRONT)
    publish_window(graph, camera, map(raw_message, frames(16)), scores)
    graph.wait(lambda: labels and actions)
    assert labels[-1].data != 'no_action'
    return node, camera, labels, actions, diagnostics


def worst(diagnostics, words):
    return any(words in status.message and status.level == diagnostic_msgs.DiagnosticStatus.ERROR
               for message in diagnostics for status in message.status
               if status.hardware_id == FRONT)


@pytest.mark.parametrize(('stamps_ns', 'encoding', 'backend', 'words'), [
    (lambda: itertools.repeat(NEXT_NS), 'rgb8', None, 'all carry one stamp'),
    (two_clocks, 'rgb8', None, 'the window restarts again and again'),
    (regular, 'holographic', None, 'no frames for'),
    (regular, 'rgb8', GatedBackend, 'the model does not answer'),
    (regular, 'rgb8', LosingBackend, 'the model does not answer')],
    ids=['stamps stand still', 'two clocks', 'all dropped', 'backend hangs', 'windows are lost'])
def test_action_ends_when_no_window_follows(
        graph, tiny_card, stamps_ns, encoding, backend, words):
    node, camera, labels, actions, diagnostics = decided(graph, tiny_card)
    recognizer = node._configured.worker.recognizer
    if backend is not None:
        recognizer._backend = backend(recognizer._backend)
    publish = flow(camera, stamps_ns(), encoding)
    limit_sec = time.monotonic() + 20

    def ended():
        publish()
        return labels[-1].data == actions[-1].results[0].class_id == 'no_action'
    graph.wait(ended, 20)
    graph.wait(lambda: publish() or worst(diagnostics, words), limit_sec - time.monotonic())
    assert [message.data for message in labels].count('no_action') == 1
    if words != 'no frames for':
        assert worst(diagnostics, NO_WINDOWS)
    if backend is GatedBackend:
        recognizer._backend.gate.set()


def test_a_low_rate_of_windows_holds_the_action(graph, tiny_card):
    """Windows every 2.5 s, as asked for, end nothing, and nothing is wrong."""
    node, camera, labels, _, diagnostics = decided(graph, tiny_card, max_rate_hz=0.4)
    publish, num_windows = flow(camera, regular()), len(labels)
    limit_sec = time.monotonic() + 6
    while time.monotonic() < limit_sec:
        publish()
    assert 'no_action' not in [message.data for message in labels[num_windows - 1:]]
    assert not worst(diagnostics, NO_WINDOWS)


def test_still_windows_are_windows(graph, tiny_card):
    """A scene that stands still is decided upon, as ``no_action``, and nothing is wrong."""
    node, camera, labels, _, diagnostics = decided(
        graph, tiny_card, min_motion=0.01, leave_threshold=0.005)
    publish = flow(camera, regular())
    limit_sec = time.monotonic() + 4
    while time.monotonic() < limit_sec:
        publish()
    assert labels[-1].data == 'no_action'
    assert node._configured.cameras['front'].health.report().windowless_sec < 1.2
    assert not worst(diagnostics, NO_WINDOWS)
