# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
MoveNet MultiPose, compiled by OpenVINO: people of single pictures.

Layout legend: H height, W width, C channels, P people, D numbers of a person.
"""

from pathlib import Path
from typing import Any

from imrs_ros.backends.finder_export import find_or_export_finder, FINDER_SIZE_PX
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.people.detection import Box, Detection
from imrs_ros.person_finder.letterbox import fit_square
import numpy as np
from numpy.typing import NDArray
import openvino

BOX_AT, SCORE_AT = slice(-5, -1), -1
"""Where top, left, bottom and right of the box, and the score, stand among the D numbers."""


class Finder:
    """The network, on one thread at a time."""

    def __init__(self, model_folder: Path, num_threads: int) -> None:
        """
        Find or convert, then compile the network.

        :param model_folder: holds its weights.
        :param num_threads: CPU threads; 0 for the choice of OpenVINO.
        :raises ModelCardError: when the weights are not those of the finder.
        :raises OSError: when there are no weights, or no cache can be written.
        """
        path, self.warnings = find_or_export_finder(model_folder)
        # Its few threads are for the leisure of a second node: none may be pinned to a core.
        config: dict[str, object] = {
            'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32',
            'ENABLE_CPU_PINNING': False}
        if num_threads:
            config['INFERENCE_NUM_THREADS'] = num_threads
        core = openvino_core()
        self.description = (
            f'OpenVINO {openvino.get_version().split("-")[0]}, '
            f'{core.get_property("CPU", "FULL_DEVICE_NAME").strip()}')
        """What runs the network."""
        self._request: Any = core.compile_model(
            core.read_model(path), 'CPU', config).create_infer_request()

    def find(self, image_HWC: NDArray[np.uint8], min_score: float) -> tuple[Detection, ...]:
        """
        Find people in a picture.

        :param image_HWC: RGB, uint8, in [0, 255], of any size.
        :param min_score: least certainty, in [0, 1].
        :return: the people, without ids, each with a box that has an area, the highest peaks of
            the network first; at most six.
        """
        square_HWC, letterbox = fit_square(image_HWC, FINDER_SIZE_PX)
        self._request.infer([square_HWC[None]], share_inputs=True)
        people_PD = self._request.get_output_tensor(0).data[0]
        found = []
        for row in people_PD:
            top, left, bottom, right = map(float, row[BOX_AT])
            box = letterbox.to_picture(Box(left, top, right, bottom))
            if row[SCORE_AT] >= min_score and box.area > 0:
                found.append(Detection(box, min(1.0, float(row[SCORE_AT]))))
        return tuple(found)
