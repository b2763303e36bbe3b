"""The one OpenVINO core of the process."""

from functools import cache

import openvino


@cache
def openvino_core() -> openvino.Core:
    """
    Give the core, which lives as long as the process.

    The CPU plugin of a core gives the thread that first uses it another stack for signals, and
    frees that stack with itself. Where another thread drops the last reference, as a garbage
    collection may, the first is left with none, and Python's handler of the next Ctrl-C ends the
    process with a segmentation fault.

    :return: the core; it may be used by several threads.
    """
    return openvino.Core()
