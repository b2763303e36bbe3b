# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Whatever images arrive, the image callback survives, and only whole windows are scored."""

from array import array
from contextlib import closing
from types import SimpleNamespace

from hypothesis import given, HealthCheck, settings, strategies as st
from imrs_ros.backends.base import BackendDescription
from imrs_ros.node.camera import RosCamera
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.messages import ENCODINGS, ns_to_stamp
from imrs_ros.node.recognizer_node import RecognizerNode
from imrs_ros.parameter_file import read_settings
from imrs_ros.recognizer import Recognizer
from imrs_ros.settings import WindowSettings
import numpy as np
import pytest
from rclpy.serialization import serialize_message

sensor_msgs = pytest.importorskip('sensor_msgs.msg')
PERIOD_NS = 40_000_000
MAX_GAP_SEC = 0.5

GOOD_IMAGES = st.builds(
    lambda side, value: sensor_msgs.Image(
        height=side, width=side, encoding='mono8', step=side,
        data=array('B', bytes([value]) * side * side)),
    st.integers(16, 40), st.integers(0, 255))
ODD_IMAGES = st.builds(
    lambda height, width, encoding, step, data: sensor_msgs.Image(
        height=height, width=width, encoding=encoding, step=step, data=array('B', data)),
    st.integers(0, 2**32 - 1), st.integers(0, 40), st.sampled_from([*ENCODINGS, '', 'x']),
    st.integers(0, 200), st.binary(max_size=300))
ODD_JPEGS = st.builds(
    lambda data: sensor_msgs.CompressedImage(format='jpeg', data=array('B', data)),
    st.one_of(st.binary(max_size=100), st.binary(max_size=60).map(lambda b: b'\xff\xd8' + b)))
STEPS_NS = st.one_of(
    st.just(PERIOD_NS), st.integers(1, 2 * PERIOD_NS), st.integers(-10**9, 10**9), st.just(0))
# Long runs of good images in good order, or no window would ever be whole.
IMAGES = st.lists(st.one_of(
    st.tuples(GOOD_IMAGES, st.just(PERIOD_NS)).map(lambda pair: [pair] * 12),
    st.tuples(st.one_of(GOOD_IMAGES, ODD_IMAGES, ODD_JPEGS), STEPS_NS).map(lambda pair: [pair])),
    max_size=12)


class Constant:
    """Scores all clips alike."""

    description = BackendDescription('constant', '0', 'none', 'none')

    def infer(self, clips):
        return np.zeros((len(clips), 3), np.float32)

    def close(self):
        pass


@pytest.fixture
def node(graph):
    node = RecognizerNode(context=graph.context)
    yield node
    node.destroy_node()


def test_any_images_in_any_order(node, tiny_card):
    num_decided = []

    @given(groups=IMAGES)
    @settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    def hold(groups):
        recognizer = Recognizer(
            tiny_card, Constant(), ['front'], window=WindowSettings(hop=1))
        with closing(RosEntities(node)) as entities:
            camera = RosCamera(entities, 'front', '/front/image', tiny_card, read_settings(None))
            camera._worker = SimpleNamespace(recognizer=recognizer, notify=lambda: None)
            stamp_ns, run = 10**12, []
            for message, step_ns in (pair for group in groups for pair in group):
                stamp_ns += step_ns
                message.header.stamp = ns_to_stamp(stamp_ns)
                dropped = camera.health.report().num_dropped
                camera._receive(type(message), serialize_message(message))
                if camera.health.report().num_dropped == dropped:
                    elapsed_ns = stamp_ns - run[-1] if run else 0
                    if abs(elapsed_ns) > MAX_GAP_SEC * 1e9:
                        run.clear()
                    # A late frame is skipped.
                    if not run or elapsed_ns > 0:
                        run.append(stamp_ns)
                for decision in recognizer.step():
                    num_decided.append(1)
                    # The last of sixteen ticks lies at most half the last interval, which is
                    # at most the largest gap, after the newest frame.
                    span_ns = decision.scores.stamp_ns - run[0]
                    assert span_ns >= 15 * PERIOD_NS - MAX_GAP_SEC * 1e9 / 2
    hold()
    assert num_decided, 'windows were decided on'
