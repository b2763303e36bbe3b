# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A process that takes the node round its lifecycle and prints its resources before and after."""

import ctypes
import gc
import json
import sys
import threading

from imrs_ros.malloc import use_one_heap
import psutil

WARM_UP, NUMBER = 60, 200
NUM_COUNTS = 10
"""
Counts of objects, of blocks and of resident memory, each after one more trip.

Some hundred objects come and go with messages.
"""


class HeapUse(ctypes.Structure):
    """glibc's ``struct mallinfo2``; bytes and counts of all heaps."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        'arena', 'ordblks', 'smblks', 'hblks', 'hblkhd', 'usmblks', 'fsmblks', 'uordblks',
        'fordblks', 'keepcost')]


def heap_bytes():
    """Return the memory in use that malloc gave; what is free between its blocks is not held."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = HeapUse
    use = mallinfo()
    return use.uordblks + use.hblkhd


def held(node, executor):
    """Return what must not grow, by name."""
    process = psutil.Process()
    num_objects, num_blocks, rss = [], [], []
    for _ in range(NUM_COUNTS):
        round_trips(node, executor, 1)
        gc.collect()
        num_objects.append(len(gc.get_objects()))
        # Integers and strings, too, which are no objects of the collector's, nor malloc's.
        num_blocks.append(sys.getallocatedblocks())
        # What is free on the heap is not held.
        ctypes.CDLL(None).malloc_trim(0)
        rss.append(process.memory_info().rss)
    return {
        'topics': sorted(p.topic_name for p in node.publishers),
        'timers': len(list(node.timers)), 'subscriptions': len(list(node.subscriptions)),
        'threads': threading.active_count(), 'files': process.num_fds(),
        'objects': min(num_objects), 'blocks': min(num_blocks), 'heap': heap_bytes(),
        'rss': min(rss)}


def round_trips(node, executor, number):
    """Take the node round; on the thread that spins it, as the service of its lifecycle does."""
    for _ in range(number):
        for trigger in (node.trigger_configure, node.trigger_activate, node.trigger_deactivate,
                        node.trigger_cleanup):
            assert trigger().name == 'SUCCESS'
            executor.spin_once(timeout_sec=0)


def main():
    use_one_heap()
    # Only now, as the node's process does: imports start threads, each with a heap of its own.
    from imrs_ros.node.recognizer_node import RecognizerNode
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    rclpy.init()
    node = RecognizerNode(parameter_overrides=[
        rclpy.Parameter(name, value=value) for name, value in json.loads(sys.argv[1]).items()])
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    round_trips(node, executor, WARM_UP)
    before = held(node, executor)
    round_trips(node, executor, NUMBER)
    print(json.dumps([before, held(node, executor)]))
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
