# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The CPU cores that a network may use."""

import os
import threading


ALL_CORES = os.sched_getaffinity(0) if hasattr(os, 'sched_getaffinity') else set()
"""Those that this process was started with."""


def pin_thread(cores: tuple[int, ...]) -> None:
    """
    Restrict the calling thread, and all threads it starts from now on, to some cores.

    :param cores: their numbers; empty for all that the process was started with.
    :raises RuntimeError: when there is no such core, or the system is not Linux.
    """
    if not hasattr(os, 'sched_setaffinity'):
        if not cores:
            return
        raise RuntimeError('cpu_cores works on Linux only; leave it empty here')
    try:
        os.sched_setaffinity(threading.get_native_id(), cores or ALL_CORES)
    except OSError as error:
        raise RuntimeError(
            f'cpu_cores must be cores that this process may use, among '
            f'{sorted(ALL_CORES)}, got {list(cores)}: {error}') from error


def check_num_threads(num_threads: int) -> None:
    """
    Refuse more threads than cores.

    :param num_threads: threads of a network.
    :raises RuntimeError: when the process may use fewer cores.
    """
    num_cores = len(ALL_CORES) or os.cpu_count() or 1
    if num_threads > num_cores:
        raise RuntimeError(
            f'num_threads must be at most the number of cores that this process may use, '
            f'{num_cores}, got {num_threads}')
