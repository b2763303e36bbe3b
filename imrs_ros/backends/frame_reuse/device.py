# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A device that has memory of its own, for windows that share frames there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from imrs_ros.backends.frame_reuse.storage import Storage
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray

Score = Callable[[Sequence[Clip]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Device:
    """What runs batches faster than single ones, in sizes that are known beforehand."""

    storage: Storage
    """Its memory."""
    score_whole: Score
    """Scores whole windows, any number of any cameras: those that share too few frames."""
    item_sizes: tuple[int, ...]
    """Ascending: the sizes in which parts are run, filled up where there are fewer items."""
    window_sizes: tuple[int, ...]
    """Ascending: the same of the body, all of whose inputs have an axis for windows in front."""
