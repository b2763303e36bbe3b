# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Training curves from TensorBoard logs."""

import sys

import cv2
import numpy as np
import pytest
from torch.utils.tensorboard import SummaryWriter
from training.curves import Curve, draw_curves, main, PANELS, read_curves

ORANGE_RGB = (255, 127, 14)
BLUE_RGB = (31, 119, 180)


def write_log(folder, epochs, loss=2.0, tags=tuple(PANELS)):
    """Log one value per tag and epoch, as training.train does; it halves every epoch."""
    with SummaryWriter(str(folder)) as log:
        for epoch in epochs:
            for tag in tags:
                log.add_scalar(tag, loss / 2 ** epoch, epoch)
    return folder


def num_pixels(image_HWC, colour_RGB):
    distance = np.abs(image_HWC.astype(int) - colour_RGB[::-1]).max(axis=-1)
    return int((distance < 12).sum())


def test_values_are_those_logged(tmp_path):
    curves = read_curves(write_log(tmp_path, range(1, 4)))
    assert set(curves) == {'loss/train', 'clip_top1/validation', 'video_top1/validation'}
    assert curves['loss/train'] == Curve((1, 2, 3), (1.0, 0.5, 0.25))


def test_later_value_of_a_resumed_run_is_used(tmp_path):
    write_log(tmp_path, (1, 2, 3))
    # Killed in epoch 4: the last event is incomplete.
    [first] = tmp_path.glob('*tfevents*')
    first.write_bytes(first.read_bytes()[:-5])
    first.rename(first.with_name(first.name + '.0'))
    write_log(tmp_path, (3, 4), loss=16.0)
    assert len(list(tmp_path.glob('*tfevents*'))) == 2
    assert read_curves(tmp_path)['loss/train'] == Curve((1, 2, 3, 4), (1.0, 0.5, 2.0, 1.0))


def test_folder_without_log_is_reported(tmp_path):
    with pytest.raises(ValueError, match=r'nowhere: expected a folder written by training\.train'):
        read_curves(tmp_path / 'nowhere')
    (tmp_path / 'config.yaml').write_text('epochs: 3\n')
    with pytest.raises(ValueError, match='got no TensorBoard log'):
        read_curves(tmp_path)
    write_log(tmp_path / 'other', (1,), tags=('loss/train', 'rate'))
    with pytest.raises(ValueError, match=r"log without \['clip_top1/validation', 'video"):
        read_curves(tmp_path / 'other')
    with pytest.raises(ValueError, match='at least one run'):
        draw_curves([], tmp_path / 'picture.png')


def test_command_draws_every_run(tmp_path, monkeypatch):
    one, two = (write_log(tmp_path / name / 'run', range(1, 9), loss)
                for name, loss in (('a', 2.0), ('b', 1.0)))
    pictures = {}
    for folders in ((one,), (one, two)):
        path = tmp_path / 'picture.png'
        monkeypatch.setattr(sys, 'argv', ['curves', *map(str, folders), '--out', str(path)])
        main()
        pictures[len(folders)] = cv2.imread(str(path))
    assert pictures[1].shape == pictures[2].shape == (400, 1200, 3)
    assert num_pixels(pictures[1], BLUE_RGB) > 200
    assert num_pixels(pictures[1], ORANGE_RGB) == 0
    assert num_pixels(pictures[2], ORANGE_RGB) > 200
