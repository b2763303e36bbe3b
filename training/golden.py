# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Add golden scores to the card of a model folder: ``python -m training.golden FOLDER``.

``training.export`` does so itself; this command is for model folders from before.
"""

import argparse
from pathlib import Path
import sys

from training.model_folder.writer import add_golden_scores


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.golden',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('folder', type=Path, help='a model folder')
    arguments = parser.parse_args()
    try:
        card = add_golden_scores(arguments.folder)
    except (OSError, ValueError) as error:
        sys.exit(f'golden: {error}')
    print(f'{card.folder}: {len(card.golden.logits)} golden clips')


if __name__ == '__main__':
    main()
