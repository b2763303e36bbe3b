"""Memory that was freed, given back to the system."""

import ctypes


def return_freed_memory() -> None:
    """
    Let the C library give back what it keeps of freed memory; nothing where it cannot (not glibc).

    A model is hundreds of allocations of megabytes. Without this, the process that loads one again
    and again keeps the gaps between them.
    """
    trim = getattr(ctypes.CDLL(None), 'malloc_trim', None)
    if trim is not None:
        trim(0)
