# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Shared by tests of the node: its parameters, frames to send, its lifecycle."""

import threading
import time

from imrs_ros.node.topics import RECOGNIZER
from imrs_ros.records import Frame
import numpy as np
import pytest

lifecycle_msgs = pytest.importorskip('lifecycle_msgs.msg')
lifecycle_srvs = pytest.importorskip('lifecycle_msgs.srv')

START_NS = 1_000_000_000_000
TRANSITIONS = lifecycle_msgs.Transition
STATES = lifecycle_msgs.State
RELIABLE = {'reliability': 'reliable', 'queue_size': 100, 'backend': 'torch'}
EAGER = {'enter_threshold': 0.01, 'leave_threshold': 0.001, 'smoothing_sec': 0.0,
         'min_duration_sec': 0.0}
"""The best class of every window is decided at once."""


class GatedBackend:
    """The real backend, which waits at a gate."""

    def __init__(self, backend):
        self._backend = backend
        self.description = backend.description
        self.entered, self.gate = threading.Event(), threading.Event()

    def infer(self, clips):
        self.entered.set()
        assert self.gate.wait(30)
        return self._backend.infer(clips)

    def close(self):
        self._backend.close()


def tiny_parameters(tiny_card, *topics, **changes):
    return {'model': str(tiny_card.folder), 'cameras': list(topics), 'hop': 1, **RELIABLE,
            **changes}


def frames(number, first=0, size=(60, 80), frame_id='optical_frame'):
    """Return different frames at the model's 25 Hz."""
    return [Frame(START_NS + 40_000_000 * i, frame_id, np.random.default_rng(i).integers(
        0, 256, (*size, 3), np.uint8)) for i in range(first, first + number)]


def change_state(graph, transition):
    request = lifecycle_srvs.ChangeState.Request()
    request.transition.id = transition
    return graph.call(lifecycle_srvs.ChangeState, f'{RECOGNIZER}/change_state', request).success


def state(graph):
    return graph.call(
        lifecycle_srvs.GetState, f'{RECOGNIZER}/get_state',
        lifecycle_srvs.GetState.Request()).current_state.id


def publish_in_turn(graph, publisher, messages, received):
    """Publish and wait for each window, so that none is overtaken."""
    for message in messages:
        before = len(received)
        publisher.publish(message)
        graph.wait(lambda before=before: len(received) > before)


def publish_all(publisher, messages, period_sec=0.01):
    """Publish faster than any camera, but slower than the queues are emptied."""
    for message in messages:
        publisher.publish(message)
        time.sleep(period_sec)


def publish_window(graph, publisher, messages, received):
    """Publish one window's messages and wait for its scores."""
    before = len(received)
    publish_all(publisher, messages)
    return graph.wait(lambda: received[before:])
