"""The C library's allocator, told to keep what training will ask for again."""

import ctypes

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
KEPT_BYTES = 1 << 30


def keep_freed_memory() -> None:
    """
    Stop glibc from returning large blocks to the system after every operation.

    A training step on a CPU frees and asks again for hundreds of large tensors; by default every
    one is mapped and zeroed anew, which about halves the speed. Does nothing without glibc.
    """
    try:
        mallopt = ctypes.CDLL('libc.so.6').mallopt
    except (OSError, AttributeError):
        return
    mallopt(M_MMAP_MAX, 0)
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
    mallopt(M_TOP_PAD, KEPT_BYTES // 4)
