# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

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
