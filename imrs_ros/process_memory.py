"""The C library's allocator, told not to keep a heap for every thread."""

import ctypes

M_ARENA_MAX = -8


def use_one_heap() -> None:
    """
    Let all threads that start from now on share one heap (glibc; elsewhere nothing is done).

    By default up to eight times as many heaps as cores are made, and none gives back what lies
    between blocks in use. A node that had loaded ucf10 36 times, each time on a new thread, held
    302 MB and with one heap 113; scoring a window takes as long (OpenVINO allocates nothing then).
    Call it before any thread starts.
    """
    try:
        mallopt = ctypes.CDLL('libc.so.6').mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_ARENA_MAX, 1)
