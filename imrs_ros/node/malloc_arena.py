"""The C library's allocator, told not to keep a heap for every thread."""

import ctypes

M_ARENA_MAX = -8


def use_one_heap() -> None:
    """
    Let all threads that start from now on share one heap (glibc; elsewhere nothing is done).

    By default up to eight times as many heaps as cores are made, and none gives back what lies
    between blocks in use: the node grew with every model that it loaded, each on a
    new thread (``benchmarks/soak.py`` tells). Call it before any thread starts.
    """
    try:
        mallopt = ctypes.CDLL('libc.so.6').mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_ARENA_MAX, 1)
