# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Policies of the C library's allocator, one for the node and one for training (glibc only)."""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX, M_ARENA_MAX = -1, -2, -4, -8
KEPT_BYTES = 1 << 30


def use_one_heap() -> None:
    """
    Make all threads started from now on share one heap; call it before any thread starts.

    By default glibc creates up to eight heaps per core, and none of them returns the memory
    between blocks in use: the node grew with every model that it loaded, each on a new thread
    (measured by ``benchmarks/soak.py``). Does nothing without glibc.
    """
    _mallopt({M_ARENA_MAX: 1})


def keep_freed_memory() -> None:
    """
    Stop glibc from returning large blocks to the system after every operation.

    A training step on a CPU frees and allocates hundreds of large tensors; by default each is
    mapped and zeroed anew, which about halves the speed. Does nothing without glibc.
    """
    _mallopt({M_MMAP_MAX: 0, M_TRIM_THRESHOLD: KEPT_BYTES, M_TOP_PAD: KEPT_BYTES // 4})


def _mallopt(options: dict[int, int]) -> None:
    try:
        mallopt = ctypes.CDLL('libc.so.6').mallopt
    except (OSError, AttributeError):
        return
    for option, value in options.items():
        mallopt(option, value)
