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
