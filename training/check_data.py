# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Find everything wrong with a data set: ``python -m training.check_data --data DIR``.

Exit status: 0 when clean (notes do not count), 1 with problems, 2 when there is no data set.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

from training.data_set.check import check_data


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command line.

    :param arguments: of the command; default those of the process.
    :return: the exit status.
    """
    parser = argparse.ArgumentParser(
        prog='python -m training.check_data',
        description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--split', type=int, nargs='+', default=[], metavar='N',
                        help='numbers of the splits to check, from 1 (default: all)')
    options = parser.parse_args(arguments)
    try:
        report = check_data(options.data, options.split)
    except FileNotFoundError as error:
        print(f'no data set: {error}', file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print('\n'.join(report.lines()))
    return 0 if report.is_clean else 1


if __name__ == '__main__':
    sys.exit(main())
