# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The people finder converted for OpenVINO. Imports PyTorch, so that a node need not.

``finder_export`` runs it as ``python -m imrs_ros.backends.finder_convert MODEL_FOLDER
CACHE_ENTRY``, and may be gone when it ends.
"""

from pathlib import Path

from imrs_ros.backends.conversion import fill_entry
from imrs_ros.backends.finder_export import FINDER_FILE, FINDER_SIZE_PX
from imrs_ros.backends.openvino_convert import write_model
from imrs_ros.model_card import WEIGHTS_FILE
from imrs_ros.networks.weights import load_finder
import torch


def convert_finder(model_folder: Path, folder: Path) -> None:
    """
    Write the finder as an OpenVINO model.

    :param model_folder: holds its weights.
    :param folder: gets ``finder.xml`` and ``finder.bin``.
    :raises ModelCardError: when the weights are not those of the finder.
    :raises OSError: when the folder cannot be written.
    """
    blank = torch.zeros((1, FINDER_SIZE_PX, FINDER_SIZE_PX, 3), dtype=torch.uint8)
    write_model(load_finder(model_folder / WEIGHTS_FILE), (blank,), folder / FINDER_FILE)


def main() -> None:
    """Run the command line."""
    fill_entry(convert_finder)


if __name__ == '__main__':
    main()
