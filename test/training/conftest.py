# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

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
