# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A node is spun on a thread, which ends before its executor is shut down."""

import threading
import time

from imrs_ros.node.spinning import start_spinning
import pytest

rclpy = pytest.importorskip('rclpy')


@pytest.fixture
def node(graph):
    node = rclpy.create_node('spun', context=graph.context)
    yield node
    node.destroy_node()


@pytest.fixture
def failures(monkeypatch):
    """Return what threads raised."""
    raised = []
    monkeypatch.setattr(threading, 'excepthook', raised.append)
    return raised


def test_what_the_thread_is_taking_is_waited_for(node, failures):
    from rclpy.waitable import NumberOfEntities, Waitable
    entered, executed = threading.Event(), threading.Event()

    class Slow(Waitable):
        def __enter__(self):
            pass

        def __exit__(self, kind, error, traceback):
            pass

        def is_ready(self, wait_set):
            return True

        def take_data(self):
            entered.set()
            time.sleep(0.3)

        async def execute(self, taken_data):
            executed.set()

        def get_num_entities(self):
            return NumberOfEntities()

        def add_to_wait_set(self, wait_set):
            pass
    node.create_timer(0.01, lambda: None)
    node.add_waitable(Slow(node.default_callback_group))
    stop = start_spinning(node)
    assert entered.wait(30)
    stop()
    assert executed.is_set()
    assert failures == []


def test_it_ends_at_once_and_whenever_it_is_told(node, failures):
    for number in range(50):
        called = threading.Event()
        stop = start_spinning(node)
        if number % 2:
            node.executor.create_task(called.set)
            assert called.wait(30)
        start_sec = time.monotonic()
        stop()
        assert time.monotonic() - start_sec < 20
    assert failures == []


def test_it_ends_when_the_context_did(graph, failures):
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=graph.domain)
    node = rclpy.create_node('spun', context=context)
    stop = start_spinning(node)
    rclpy.shutdown(context=context)
    stop()
    node.destroy_node()
    assert failures == []
