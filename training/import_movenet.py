# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Write the people finder's folder: ``python -m training.import_movenet movenet.tflite --out DIR``.

The file is Google's MoveNet MultiPose Lightning; ``models/movenet/README.md`` says where it lies.
"""

import argparse
from pathlib import Path
import sys

from imrs_ros.atomic_file import replace_file
from imrs_ros.model_card import WEIGHTS_FILE
from safetensors.torch import save_file
from training.model_folder.movenet_tflite import load_tflite


def import_movenet(source: Path, out: Path) -> Path:
    """
    Write the weights of a TFLite file into a folder.

    :param source: ``movenet.tflite``.
    :param out: the folder; created where missing.
    :return: the weights file, float16, as the source has them.
    :raises FileNotFoundError: when there is no such file.
    :raises ValueError: when it is another one.
    """
    state = load_tflite(source).state_dict()
    out.mkdir(parents=True, exist_ok=True)
    with replace_file(out / WEIGHTS_FILE) as new:
        save_file({name: tensor.half().contiguous() for name, tensor in state.items()}, new)
    return out / WEIGHTS_FILE


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.import_movenet',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('source', type=Path, help='the TFLite file')
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    arguments = parser.parse_args()
    try:
        print(import_movenet(arguments.source, arguments.out))
    except (OSError, ValueError) as error:
        sys.exit(f'import_movenet: {error}')


if __name__ == '__main__':
    main()
