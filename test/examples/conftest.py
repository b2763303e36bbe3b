# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Fixtures for the examples: loaded from their files, beside a recognizer's topic."""

from importlib.util import module_from_spec, spec_from_file_location
import threading

import pytest


@pytest.fixture(scope='session')
def examples(root):
    """Return the folder of the examples."""
    return root / 'examples'


@pytest.fixture
def load(examples):
    """Return a function that imports an example from its file."""
    def load(path):
        spec = spec_from_file_location(f'example_{(examples / path).stem}', examples / path)
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    return load


class DecidedActions:
    """Publishes decided actions, with the liveliness of the recognizer."""

    def __init__(self, graph):
        from imrs_ros.node.qos import ALIVE
        from vision_msgs.msg import Classification
        self._node, self._type, self._qos = graph.node, Classification, ALIVE
        self._lock, self._is_alive, self._num = threading.Lock(), False, 0
        self.start()
        # As the recognizer does.
        self._node.create_timer(0.1, self._keep_alive)

    def start(self):
        """Join the graph."""
        with self._lock:
            self._publisher = self._node.create_publisher(
                self._type, '/recognizer/front/action', self._qos)
            self._is_alive = True

    def decide(self, label):
        """Publish a decision with an onset of its own."""
        from vision_msgs.msg import ObjectHypothesis
        self._num += 1
        msg = self._type(results=[ObjectHypothesis(class_id=label, score=0.9)])
        msg.header.stamp.sec = self._num
        self._publisher.publish(msg)

    def _keep_alive(self):
        with self._lock:
            if self._is_alive:
                self._publisher.assert_liveliness()

    def hang(self):
        """Stay in the graph, and do nothing any more."""
        with self._lock:
            self._is_alive = False

    def vanish(self):
        """Leave the graph without another word."""
        with self._lock:
            self._is_alive = False
            self._node.destroy_publisher(self._publisher)


@pytest.fixture
def actions(graph):
    """Return the publisher of decided actions."""
    return DecidedActions(graph)


@pytest.fixture
def start(graph):
    """Return a function that adds an example's node to the graph."""
    from rclpy.parameter import Parameter
    nodes = []

    def start(kind, *arguments, **parameters):
        node = kind(*arguments, context=graph.context, parameter_overrides=[
            Parameter(name, value=value) for name, value in parameters.items()])
        graph.executor.add_node(node)
        nodes.append(node)
        return node
    yield start
    for node in nodes:
        graph.executor.remove_node(node)
        node.destroy_node()
