"""The CPU cores that a network may use."""

import os
import threading


def pin_thread(cores: tuple[int, ...]) -> None:
    """
    Restrict the calling thread, and all threads it starts from now on, to some cores.

    :param cores: their numbers; empty to change nothing.
    :raises RuntimeError: when there is no such core, or the system is not Linux.
    """
    if not cores:
        return
    if not hasattr(os, 'sched_setaffinity'):
        raise RuntimeError('cpu_cores works on Linux only; leave it empty here')
    try:
        os.sched_setaffinity(threading.get_native_id(), cores)
    except OSError as error:
        raise RuntimeError(
            f'cpu_cores must be cores that this process may use, among '
            f'{sorted(os.sched_getaffinity(0))}, got {list(cores)}: {error}') from error
