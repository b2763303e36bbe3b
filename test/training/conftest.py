"""A data set of synthetic videos, in the layout of UCF101."""

import pytest
from samples import write_video

CLASSES = ('Left', 'Right')
GROUPS = (1, 2, 8, 9)


@pytest.fixture(scope='session')
def synthetic_data(tmp_path_factory):
    """Write split 1 of two classes of four groups: 8 and 9 train, 1 and 2 test."""
    data = tmp_path_factory.mktemp('synthetic')
    splits = data / 'splits'
    splits.mkdir()
    (splits / 'classInd.txt').write_text('1 Left\n2 Right\n')
    train, test = [], []
    for label, name in enumerate(CLASSES, start=1):
        for group in GROUPS:
            stem = f'v_{name}_g{group:02d}_c01'
            write_video(data / 'videos' / name / f'{stem}.avi', num_frames=30 + 4 * group,
                        size=(64, 48) if label == 1 else (48, 64))
            (test if group < 8 else train).append(
                f'{name}/{stem}.avi' + ('' if group < 8 else f' {label}'))
    (splits / 'trainlist01.txt').write_text('\n'.join(train) + '\n')
    (splits / 'testlist01.txt').write_text('\n'.join(test) + '\n')
    return data
