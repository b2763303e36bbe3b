# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fill a page's tables with recorded runs: ``python -m training.fill_tables RESULTS.json FILE.md``.

The page marks its tables as ``training.studies.marked_tables`` describes.
"""

import argparse
from pathlib import Path
import sys

from training.studies.marked_tables import fill_file
from training.studies.results_file import load_results


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.fill_tables',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('results', type=Path, help='JSON file of training.study')
    parser.add_argument('markdown', type=Path, help='file with <!-- table: KIND ... --> regions')
    arguments = parser.parse_args()
    try:
        fill_file(arguments.markdown, load_results(arguments.results))
    except (OSError, ValueError) as error:
        sys.exit(f'fill_tables: {error}')


if __name__ == '__main__':
    main()
