# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Clocks of simulations and bags, and more images than the model can score."""

import time

from imrs_ros.node.messages import raw_message, stamp_to_ns
import pytest
from ros_support import EAGER, frames, GatedBackend, publish_all, START_NS, tiny_parameters

diagnostic_msgs = pytest.importorskip('diagnostic_msgs.msg')
rosgraph_msgs = pytest.importorskip('rosgraph_msgs.msg')
sensor_msgs = pytest.importorskip('sensor_msgs.msg')
std_msgs = pytest.importorskip('std_msgs.msg')
vision_msgs = pytest.importorskip('vision_msgs.msg')
DELAY_NS = 7_000_000
"""From a frame's stamp to its publication, by the simulated clock."""


class Simulation:
    """A simulated clock, and a camera that follows it, as slow as the test."""

    def __init__(self, graph, topic):
        self._graph, self.now_ns = graph, START_NS
        self._clock = graph.reliable_publisher(rosgraph_msgs.Clock, '/clock')
        self._camera = graph.reliable_publisher(sensor_msgs.Image, topic)

    def set_clock(self, node, now_ns):
        """Set the clock, and wait until a node has received it."""
        message = rosgraph_msgs.Clock()
        message.clock.sec, message.clock.nanosec = divmod(now_ns, 10**9)
        self._clock.publish(message)
        self._graph.wait(lambda: node.get_clock().now().nanoseconds == now_ns)
        self.now_ns = now_ns

    def play(self, node, sent):
        """Publish frames by the clock."""
        for frame in sent:
            self.set_clock(node, frame.stamp_ns + DELAY_NS)
            self._camera.publish(raw_message(frame))


def start(graph, tiny_card, **changes):
    return graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', **EAGER), use_sim_time=True, **changes)


def values_of(diagnostics):
    """Return what the newest diagnostics say about the camera."""
    return {v.key: v.value for message in diagnostics[-1:] for status in message.status
            if status.hardware_id == '/front/image_raw' for v in status.values}


def test_time_is_that_of_the_simulation(graph, tiny_card):
    """A simulation slower than real time: its cameras are not silent, and nothing is late."""
    labels = graph.collect(std_msgs.String, '/recognizer/front/label', latched=True)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    # Every pair of frames exceeds this gap by the machine's clock, and none by the camera's.
    node = start(graph, tiny_card, max_gap_sec=0.05)
    simulation = Simulation(graph, '/front/image_raw')
    simulation.play(node, frames(16))
    graph.wait(lambda: labels and scores)
    before = len(diagnostics)
    for frame in frames(5, first=16):
        num_scores = len(scores)
        time.sleep(0.2)
        simulation.play(node, [frame])
        graph.wait(lambda num_scores=num_scores: len(scores) > num_scores)
    graph.wait(lambda: len(diagnostics) > before + 1)
    assert 'no_action' not in [message.data for message in labels]
    latencies = [float(values['latency_max_sec']) for values in map(
        values_of, [diagnostics[:i] for i in range(1, len(diagnostics) + 1)])]
    assert {round(sec, 4) for sec in latencies if sec == sec} == {DELAY_NS / 1e9}
    # The camera falls silent while the clock goes on.
    simulation.set_clock(node, simulation.now_ns + 10**9)
    graph.wait(lambda: labels[-1].data == 'no_action')


def test_a_looped_bag_restarts_the_window(graph, tiny_card):
    actions = graph.collect(vision_msgs.Classification, '/recognizer/front/action', latched=True)
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    node = start(graph, tiny_card)
    simulation = Simulation(graph, '/front/image_raw')
    sent = frames(20)

    def stamps():
        return [stamp_to_ns(message.header.stamp) for message in scores]
    for turn in range(3):
        simulation.play(node, sent)
        graph.wait(lambda turn=turn: stamps().count(sent[-1].stamp_ns) == turn + 1)
    # No window spans two turns: none ends before the sixteenth frame.
    assert min(stamps()) >= sent[15].stamp_ns
    assert {stamp_to_ns(m.header.stamp) for m in actions} <= set(stamps())


def test_a_burst_is_answered_by_its_newest_window(graph, tiny_card):
    scores = graph.collect(vision_msgs.Classification, '/recognizer/front/classification')
    diagnostics = graph.collect(diagnostic_msgs.DiagnosticArray, '/diagnostics')
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    camera = graph.reliable_publisher(sensor_msgs.Image, '/front/image_raw')
    graph.wait(lambda: graph.node.count_publishers('/recognizer/front/classification'))
    recognizer = node._configured.worker.recognizer
    gated = recognizer._backend = GatedBackend(recognizer._backend)
    sent = frames(150)
    publish_all(camera, map(raw_message, sent[:16]))
    assert gated.entered.wait(30)
    # What a camera of 240 Hz sends while the model is busy.
    publish_all(camera, map(raw_message, sent[16:]), period_sec=1 / 240)
    # The queue to the node may lose some of them, but not the last.
    newest = sent[-1].stamp_ns
    graph.wait(lambda: recognizer._cameras['front']._newest.stamp_ns == newest)
    gated.gate.set()
    graph.wait(lambda: len(scores) == 2)
    assert [stamp_to_ns(m.header.stamp) for m in scores] == [sent[15].stamp_ns, newest]
    graph.wait(lambda: int(values_of(diagnostics).get('num_skipped_windows', 0)) > 0)
