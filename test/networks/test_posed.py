# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A network with a pose stream: its average, its folder, and the same scores in every backend."""

import shutil

from imrs_ros.backends.gpu.precisions import precisions_of
from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.backends.torch_backend import TorchBackend
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import (
    Architecture, CARD_FILE, InputSpec, ModelCard, ModelCardError, NoneScoreSpec, OtherWeights,
    PoseSpec, WEIGHTS_FILE)
from imrs_ros.model_folders import find_model
from imrs_ros.networks import build_network
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.pose import POSE_DIM
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.networks.weights import FINDER, load_network, PICTURE
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import TINY_LABELS
import torch
from training.add_pose import add_pose
from training.model_folder.calibration import Calibration
from training.model_folder.finder import finder_weights
from training.model_folder.writer import write_model_folder

SPEC = InputSpec(num_frames=16, fps=25.0, size_px=64, mean=(127.0,) * 3, std=(128.0,) * 3)
ARCHITECTURE = Architecture(name='lite0', excitation='ce', excitation_stages=None, width=1.0)


def write(folder, network, **changes):
    return write_model_folder(folder, **{
        'name': folder.name, 'architecture': ARCHITECTURE, 'spec': SPEC, 'labels': TINY_LABELS,
        'calibration': Calibration(temperature=1.0), 'state': network.state_dict(),
        'dtype': torch.float16, 'provenance': {}, **changes})


@pytest.fixture(scope='module')
def models(tmp_path_factory):
    """Return a folder of three models: picture, finder and posed, with a score of none."""
    root = tmp_path_factory.mktemp('models')
    torch.manual_seed(0)
    picture = build_network('lite0', num_classes=3)
    card = write(root / 'picture', picture)
    shutil.copytree(find_model('movenet'), root / 'movenet')
    finder = finder_weights(root / 'movenet')
    network = PosedNetwork(picture, 0.4, 2).eval().requires_grad_(False)
    score = network.add_none_score(5)
    for parameter in score.parameters():
        parameter.requires_grad_(False).normal_(std=0.1)
    write(root / 'posed', network, none_score=NoneScoreSpec(num_components=5), pose=PoseSpec(
        weight=0.4, num_members=2, finder=finder.reference,
        picture=OtherWeights(model='picture', sha256=card.weights_sha256)))
    return root


def test_a_folder_holds_what_lies_in_no_other_one(models):
    card = ModelCard.load(models / 'posed')
    assert card.pose.picture.model == 'picture'
    assert card.num_logits == len(TINY_LABELS) + 1
    picture_bytes = (models / 'picture' / WEIGHTS_FILE).stat().st_size
    assert card.weights_path.stat().st_size < 0.1 * picture_bytes
    network = load_network(card)
    expected = load_network(ModelCard.load(models / 'picture')).state_dict()
    for name, tensor in network.picture.state_dict().items():
        assert torch.equal(tensor, expected[name])
    assert all(name.startswith((PICTURE, FINDER, 'pose.', 'none_score.', 'temperature'))
               for name in network.state_dict())


def test_probabilities_of_both_streams_are_averaged(models):
    network = load_network(ModelCard.load(models / 'posed'))
    network.none_score = None
    features = torch.randn(4, network.picture.feature_dim + POSE_DIM)
    picture = network.picture.classify(features[:, :-POSE_DIM]).softmax(dim=1)
    posed = network.pose(features[:, -POSE_DIM:])
    of_classes = posed[:, :3] / posed[:, :3].sum(dim=1, keepdim=True)
    torch.testing.assert_close(
        network.classify(features).softmax(dim=1), 0.6 * picture + 0.4 * of_classes,
        rtol=1e-3, atol=1e-5)
    scored = network.score(features)
    torch.testing.assert_close(
        scored.hints_NE[:, 0].sigmoid(), posed[:, 3], rtol=1e-3, atol=1e-5)
    network.divide_logits(2.0)
    torch.testing.assert_close(network.score(features).logits_NK, scored.logits_NK / 2)


def test_every_backend_gives_the_same_scores(models):
    card = ModelCard.load(models / 'posed')
    clips = [Clip('', clip, 100 * i, 0, '') for i, clip in enumerate(golden_clips(16, 64, 3))]
    reference = TorchBackend(card, BackendSettings()).infer(clips)
    backend = OpenVinoBackend(card, BackendSettings())
    assert reference.shape == (len(clips), 4)
    np.testing.assert_allclose(backend.infer(clips), reference, atol=2e-4)
    backend.close()


def test_parts_pool_what_the_whole_network_pools(models):
    network = load_network(ModelCard.load(models / 'posed'))
    parts = cut_network(network, 16, lambda features_ND: features_ND)
    people = [part for part in parts.plan.parts if part.name == 'people']
    assert [part.positions for part in people] == [(1, 3, 5, 7, 9, 11, 13, 15)]
    clip = torch.from_numpy(golden_clips(16, 64, 3)[0])
    with torch.inference_mode():
        maps = torch.cat([parts.modules['maps'](frame[None]) for frame in clip])
        looks = torch.cat([parts.modules['looks'](each[None]) for each in maps])
        found = torch.cat([parts.modules['people'](frame[None]) for frame in clip])
        # Frames at even places are not looked at.
        found[::2] = float('nan')
        torch.testing.assert_close(
            parts.modules['body'](maps, looks, found), network.pool_clip(clip[None]),
            rtol=1e-4, atol=1e-4)


def test_weights_of_another_model_are_checked(models, tmp_path):
    for name in ('picture', 'posed', 'movenet'):
        shutil.copytree(models / name, tmp_path / name)
    weights = tmp_path / 'picture' / WEIGHTS_FILE
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelCardError, match='weights of picture beside it.*expected SHA-256'):
        ModelCard.load(tmp_path / 'posed')
    shutil.rmtree(tmp_path / 'picture')
    with pytest.raises(ModelCardError, match='weights of picture beside it.*installed models'):
        ModelCard.load(tmp_path / 'posed')


@pytest.mark.parametrize('name', ['../picture', '/tmp/picture', '', '..', 'a b'])
def test_a_card_names_a_folder_beside_it_and_nothing_else(models, tmp_path, name):
    shutil.copytree(models / 'posed', tmp_path / 'posed')
    path = tmp_path / 'posed' / CARD_FILE
    text = path.read_text()
    path.write_text(text.replace('model: picture', f'model: "{name}"'))
    with pytest.raises(ModelCardError, match='pose.picture.model: expected the name'):
        ModelCard.load(tmp_path / 'posed')


def test_a_pose_stream_is_added_to_a_lite0_alone(models, tiny_model, tmp_path):
    with pytest.raises(ValueError, match='expected a lite0 of the whole picture, got resnet18'):
        add_pose(tiny_model.folder, tmp_path, tmp_path / 'out')
    with pytest.raises(ValueError, match='got lite0 with a pose stream'):
        add_pose(models / 'posed', tmp_path, tmp_path / 'out')


def test_what_would_be_refused_at_the_end_is_refused_at_the_start(models, tmp_path):
    with pytest.raises(ValueError, match='expected another folder than the model itself'):
        add_pose(models / 'picture', tmp_path, models / 'picture')
    odd = shutil.copytree(models / 'picture', tmp_path / 'v1.2')
    with pytest.raises(ValueError, match=r"expected the name of a model folder.*got 'v1\.2'"):
        add_pose(odd, tmp_path, tmp_path / 'out')
    assert OtherWeights(model='3d-model_2', sha256='').model == '3d-model_2'


def test_a_gpu_does_not_run_it_in_half_precision(models):
    picture = precisions_of(ModelCard.load(models / 'picture'))
    assert list(picture) == ['float16', 'tf32', 'float32']
    assert list(precisions_of(ModelCard.load(models / 'posed'))) == ['float32']


def test_another_picture_has_no_parts(models):
    picture = build_network('resnet18', num_classes=3, width=0.125)
    with pytest.raises(TypeError, match='beside lite0, got one beside ResNet3D'):
        cut_network(PosedNetwork(picture, 0.4, 2), 16)
