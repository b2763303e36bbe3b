# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A pose stream is added to a model folder, from its videos alone."""

import json
import shutil
import subprocess
import sys

from imrs_ros.model_card import Architecture, ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.networks import build_network
import pytest
from samples import TINY_SPEC, write_video
import torch
from training.add_pose import add_pose
from training.calibrate import calibrate_folder
from training.config import RunConfig
from training.model_folder.calibration import Calibration
from training.model_folder.writer import write_model_folder
from training.operating_point import pose_fit

CONFIG = RunConfig(network='lite0', validation_groups=(9,))


@pytest.fixture
def picture(tmp_path):
    """Return the folder of a random lite0 that knows which videos it was trained on."""
    torch.manual_seed(0)
    write_model_folder(
        tmp_path / 'models' / 'picture', name='picture', spec=TINY_SPEC, labels=('Left', 'Right'),
        architecture=Architecture(
            name='lite0', excitation='ce', excitation_stages=None, width=1.0),
        calibration=Calibration(temperature=1.0), dtype=torch.float16,
        state=build_network(
            'lite0', num_classes=2, mean=TINY_SPEC.mean, std=TINY_SPEC.std).state_dict(),
        provenance={'config': CONFIG.to_mapping()})
    shutil.copytree(find_model('movenet'), tmp_path / 'models' / 'movenet')
    return tmp_path / 'models' / 'picture'


@pytest.fixture
def background(tmp_path):
    """Return two sources of other actions, one video each."""
    for source in ('office', 'hall'):
        write_video(tmp_path / source / 'walk.avi', num_frames=60, size=(80, 40))
    return [tmp_path / 'office', tmp_path / 'hall']


@pytest.mark.timeout(900)
def test_a_pose_stream_is_fitted_measured_and_calibrated_again(
        synthetic_data, picture, background, tmp_path, monkeypatch):
    monkeypatch.setattr(pose_fit, 'STEPS', 3)
    card = add_pose(picture, synthetic_data, picture.with_name('posed'), background)
    assert card.pose.picture.sha256 == ModelCard.load(picture).weights_sha256
    assert card.num_logits == 3
    assert card.provenance['operating_point']['num_actions'] == 2
    assert card.provenance['parity']['max_logit_difference'] < 0.05
    again = calibrate_folder(card.folder, synthetic_data, picture.with_name('again'), background)
    assert again.pose == card.pose
    figures = tmp_path / 'figures.json'
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'training.evaluate', '--model', str(card.folder),
         '--data', str(synthetic_data), '--unseen', *map(str, background), '--json', str(figures)],
        text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    unseen = json.loads(figures.read_text())['unseen'][str(card.folder)]
    assert sorted(unseen) == ['hall', 'office']
    assert 'AUROC' in done.stdout
    assert done.stderr.count('was fitted on a source named') == 2
