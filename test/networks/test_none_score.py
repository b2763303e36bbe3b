# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The logit of none against its formula, and in every backend of a CPU."""

from dataclasses import replace

from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.backends.torch_backend import TorchBackend
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import ModelCard, NoneScoreSpec
from imrs_ros.networks import build_network
from imrs_ros.networks.none_score import NoneScore
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
from samples import TINY_LABELS, TINY_SPEC, write_tiny_model
import torch


NO_HINTS = torch.zeros(1, 0)


def score_with_known_weights():
    score = NoneScore(feature_dim=2, num_classes=2, num_components=2)
    score.requires_grad_(False)
    score.extra.weight.copy_(torch.tensor([[1.0, -1.0]]))
    score.extra.bias.fill_(0.5)
    score.whiten.weight.copy_(torch.tensor([[2.0, 0.0], [0.0, 1.0]]))
    score.centres_KP.copy_(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    score.evidence.weight.copy_(torch.tensor([[1.0, 2.0, 4.0]]))
    score.evidence.bias.fill_(-1.0)
    return score


def test_evidence_follows_the_formula():
    score = score_with_known_weights()
    features, logits = torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, float(np.log(3))]])
    extra, distance, best = score.evidence_of(features, logits, NO_HINTS)[0].tolist()
    # Whitened, the clip is at (2, 2): 2 from the first centre, sqrt(5) from the second; P is 2.
    assert extra == pytest.approx(1 - 2 + 0.5)
    assert distance == pytest.approx(np.log(1 + 4 / 2))
    assert best == pytest.approx(-np.log(0.75))
    *classes, none = score(features, logits, NO_HINTS)[0].tolist()
    assert classes == pytest.approx([0.0, np.log(3)])
    odds = extra + 2 * distance + 4 * best - 1
    assert none == pytest.approx(np.log(4) + odds)
    # The softmax over all of them has these odds.
    exponentials = np.exp([*classes, none])
    probability = exponentials[-1] / exponentials.sum()
    assert np.log(probability / (1 - probability)) == pytest.approx(odds, abs=1e-5)


def test_a_clip_at_a_centre_is_finite():
    score = score_with_known_weights()
    evidence = score.evidence_of(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 2), NO_HINTS)
    assert evidence[0].tolist() == pytest.approx([1.5, 0.0, np.log(2)])


@pytest.fixture(scope='module')
def card_with_none(tmp_path_factory):
    torch.manual_seed(3)
    network = build_network('resnet18', num_classes=len(TINY_LABELS), width=0.125,
                            mean=TINY_SPEC.mean, std=TINY_SPEC.std)
    score = network.add_none_score(5)
    with torch.no_grad():
        for tensor in (*score.parameters(), score.centres_KP):
            tensor.normal_(0, 0.3)
    return write_tiny_model(
        tmp_path_factory.mktemp('models') / 'with_none', state=network.state_dict(),
        none_score=NoneScoreSpec(num_components=5))


def test_the_card_tells_and_the_weights_follow(card_with_none):
    card = ModelCard.load(card_with_none.folder)
    assert card.none_score == NoneScoreSpec(num_components=5)
    assert card.num_logits == len(TINY_LABELS) + 1
    network = load_network(card)
    assert network.none_score.centres_KP.shape == (len(TINY_LABELS), 5)
    with pytest.raises(ValueError, match='unknown .*none_score'):
        load_network(replace(card, none_score=None))


@pytest.mark.parametrize('backend_class', [TorchBackend, OpenVinoBackend])
def test_every_backend_gives_the_same_number(card_with_none, backend_class, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    spec = card_with_none.spec
    clips_NTHWC = golden_clips(spec.num_frames, spec.size_px, 3)
    with torch.inference_mode():
        expected_NL = load_network(card_with_none)(torch.from_numpy(clips_NTHWC)).numpy()
    backend = backend_class(card_with_none, BackendSettings())
    try:
        found_NL = backend.infer([Clip('camera', clip, 100 * i, 0, '')
                                  for i, clip in enumerate(clips_NTHWC)])
    finally:
        backend.close()
    assert found_NL.shape == (len(clips_NTHWC), len(TINY_LABELS) + 1)
    assert found_NL == pytest.approx(expected_NL, abs=1e-4)
