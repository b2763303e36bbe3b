"""Spinning a node: on a thread of its own, or for some time on this one."""

from collections.abc import Callable
import threading
import time

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node


def start_spinning(node: Node) -> Callable[[], None]:
    """
    Spin a node on a thread of its own.

    :param node: the node.
    :return: call it to stop, before the node is destroyed; it waits for the thread.
    """
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)

    def spin() -> None:
        try:
            executor.spin()
        except ExternalShutdownException:
            pass

    def stop() -> None:
        executor.shutdown()
        thread.join()
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
