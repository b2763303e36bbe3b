"""The cores that a network may use, and how many threads by default."""

import os
import threading


def pin_thread(cores: tuple[int, ...]) -> None:
    """
    Let the calling thread, and all threads that it starts from now on, run on some cores alone.

    :param cores: their numbers; none to change nothing.
    :raises RuntimeError: when the system has no such core, or lets nobody choose (not Linux).
    """
    if not cores:
        return
    if not hasattr(os, 'sched_setaffinity'):
        raise RuntimeError('cpu_cores can be chosen on Linux alone; leave it empty here')
    try:
        os.sched_setaffinity(threading.get_native_id(), cores)
    except OSError as error:
        raise RuntimeError(
            f'cpu_cores must be cores that this process may use, some of '
            f'{sorted(os.sched_getaffinity(0))}, got {list(cores)}: {error}') from error
