"""The one OpenVINO core of the process."""

from functools import cache

import openvino


@cache
def openvino_core() -> openvino.Core:
    """
    Return the core, which lives as long as the process.

    The CPU plugin of a core installs a new signal stack in the thread that first uses it, and
    frees that stack when it is freed. If another thread drops the last reference, as a garbage
    collection may, the first thread is left without one, and the next Ctrl-C ends the process
    with a segmentation fault.

    :return: the core; several threads may use it.
    """
    return openvino.Core()
