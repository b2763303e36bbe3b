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
