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

from training.model_folder.finder import write_finder
from training.model_folder.movenet_tflite import load_tflite


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.import_movenet',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('source', type=Path, help='the TFLite file')
    parser.add_argument('--out', type=Path, required=True, help='folder to write')
    arguments = parser.parse_args()
    try:
        print(write_finder(load_tflite(arguments.source), arguments.out))
    except (OSError, ValueError) as error:
        sys.exit(f'import_movenet: {error}')


if __name__ == '__main__':
    main()
