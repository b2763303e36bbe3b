# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A real rclpy graph over the real middleware, in a domain of its own for every test."""

import gc
import time

from imrs_ros.demo.ros_domain import RosDomain
from imrs_ros.node.spinning import spin_on_thread, start_spinning
import rclpy
import rclpy.executors


class Graph:
    """One domain: nodes of the test, spun on a thread, and the recognizer beside them."""

    def __init__(self):
        self._domain = RosDomain()
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=self.domain)
        self.executor = rclpy.executors.SingleThreadedExecutor(context=self.context)
        self.node = rclpy.create_node('test', context=self.context)
        self.executor.add_node(self.node)
        self._stop = spin_on_thread(self.executor)
        self._beside = []

    @property
    def domain(self):
        """Return the number of the domain."""
        return self._domain.number

    def start_recognizer(self, **parameters):
        """Start the node in this process, on an executor and thread of its own."""
        from imrs_ros.node.entities import start
        from imrs_ros.node.recognizer_node import RecognizerNode
        overrides = [rclpy.Parameter(name, value=value) for name, value in parameters.items()]
        node = RecognizerNode(context=self.context, parameter_overrides=overrides)
        start(node)
        self.spin_beside(node)
        return node

    def spin_beside(self, node):
        """Spin a node on an executor and thread of its own, and destroy it at the end."""
        self._beside.append((node, start_spinning(node)))

    def stop_recognizer(self, node):
        """Stop a node that ``start_recognizer`` returned."""
        for started, stop in self._beside:
            if started is node:
                stop()
        self._beside = [pair for pair in self._beside if pair[0] is not node]
        node.destroy_node()

    def collect(self, kind, topic, latched=False):
        """Subscribe to a topic; the list grows as messages arrive."""
        from rclpy.qos import DurabilityPolicy, QoSProfile
        received = []
        qos = QoSProfile(depth=100, durability=(
            DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE))
        self.node.create_subscription(kind, topic, received.append, qos)
        return received

    def reliable_publisher(self, kind, topic):
        """Create a reliable publisher, and wait for its subscriber."""
        publisher = self.node.create_publisher(kind, topic, 100)
        self.wait(lambda: publisher.get_subscription_count() > 0)
        return publisher

    def call(self, kind, service, request):
        """Call a service."""
        client = self.node.create_client(kind, service)
        assert client.wait_for_service(30)
        future = client.call_async(request)
        self.wait(future.done)
        return future.result()

    @staticmethod
    def wait(condition, timeout_sec=60.0):
        """Wait until a condition holds, and return its value."""
        limit = time.monotonic() + timeout_sec
        while time.monotonic() < limit:
            result = condition()
            if result:
                return result
            time.sleep(0.01)
        raise TimeoutError(f'waited {timeout_sec} s in vain')

    def close(self):
        for node, stop in self._beside:
            stop()
            node.destroy_node()
        self._stop()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)
        self._beside.clear()
        # Its state machine keeps a destroyed lifecycle node on the graph until it is collected:
        # the next test would find it under the same name.
        gc.collect()
        self._domain.close()
