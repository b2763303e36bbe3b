# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Spinning a node: on a thread of its own, or for some time on this one."""

from collections.abc import Callable
import threading
import time

import rclpy
from rclpy.executors import Executor, ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


def start_spinning(node: Node) -> Callable[[], None]:
    """
    Spin a node on a thread of its own.

    :param node: the node.
    :return: call it to stop, before the node is destroyed; it waits for the thread.
    """
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    return spin_on_thread(executor)


def spin_on_thread(executor: Executor) -> Callable[[], None]:
    """
    Spin an executor on a thread of its own.

    :param executor: the executor.
    :return: call it to stop and to shut the executor down; it waits for the thread.
    """
    ended = threading.Event()

    def spin() -> None:
        try:
            while not ended.is_set():
                executor.spin_once()
        except ExternalShutdownException:
            pass

    def stop() -> None:
        # Executor.shutdown does not wait: it takes away the guard condition that the thread still
        # triggers after a callback, or is about to wait for.
        executor.create_task(ended.set)
        thread.join()
        executor.shutdown()
    thread = threading.Thread(target=spin)
    thread.start()
    return stop


def spin_for(node: Node, seconds: float) -> None:
    """
    Spin a node on this thread for some time.

    :param node: the node.
    :param seconds: how long.
    """
    limit_sec = time.monotonic() + seconds
    while (left_sec := limit_sec - time.monotonic()) > 0:
        rclpy.spin_once(node, timeout_sec=left_sec)
