# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The people finder converted for OpenVINO: found where it was converted before, or converted now.

``python -m imrs_ros.backends.finder_export MODEL_FOLDER`` converts it beforehand and stores the
result beside the weights.
"""

from functools import partial
import hashlib
from pathlib import Path
import sys

from imrs_ros.backends.cache_entry import Values
from imrs_ros.backends.conversion import find_or_make, keep_beside
from imrs_ros.backends.openvino_export import cache_beside, graph_values
from imrs_ros.backends.openvino_graphs.files import save_graph
from imrs_ros.backends.openvino_graphs.movenet import movenet_graph
from imrs_ros.model_card import WEIGHTS_FILE

FINDER_SIZE_PX = 256
"""Side of the frames that the converted finder takes."""
FINDER_FILE = 'finder.xml'


def finder_values(model_folder: Path) -> Values:
    """
    Return all that the converted finder depends on.

    :param model_folder: holds its weights.
    :return: the values of its cache entry.
    :raises FileNotFoundError: when the folder holds no weights.
    """
    path = model_folder / WEIGHTS_FILE
    if not path.is_file():
        raise FileNotFoundError(f'{path}: expected the weights of a people finder, got no file')
    return {'finder': hashlib.sha256(path.read_bytes()).hexdigest(), 'size_px': FINDER_SIZE_PX,
            **graph_values()}


def find_or_export_finder(model_folder: Path) -> tuple[Path, tuple[str, ...]]:
    """
    Return the converted finder: from its folder, this user's cache, or a conversion.

    :param model_folder: holds its weights.
    :return: its .xml file, and what to warn of.
    :raises ModelCardError: when the weights are not those of the finder.
    :raises OSError: when there are no weights, or no cache can be written.
    """
    values = finder_values(model_folder)
    folder, warnings = find_or_make(
        cache_beside(model_folder), lambda _: values, partial(export_finder, model_folder))
    return folder / FINDER_FILE, warnings


def export_finder(model_folder: Path, folder: Path, _lock: int) -> None:
    """
    Convert the finder.

    :param model_folder: holds its weights.
    :param folder: an unfinished cache entry.
    :param _lock: descriptor of its lock.
    :raises ModelCardError: when the weights are not those of the finder.
    :raises OSError: when the folder cannot be written.
    """
    save_graph(movenet_graph(model_folder / WEIGHTS_FILE, FINDER_SIZE_PX), folder / FINDER_FILE)


def main() -> None:
    """Run the command line."""
    if len(sys.argv) != 2:
        raise SystemExit('usage: python -m imrs_ros.backends.finder_export MODEL_FOLDER')
    model_folder = Path(sys.argv[1])
    try:
        values = finder_values(model_folder)
    except FileNotFoundError as error:
        raise SystemExit(str(error)) from error
    keep_beside(cache_beside(model_folder), values, partial(export_finder, model_folder))


if __name__ == '__main__':
    main()
