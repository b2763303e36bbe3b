# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The last layers as arrays compute what the network computes."""

from imrs_ros.networks import build_network
from imrs_ros.teaching.last_layers import LastLayers
import numpy as np
import pytest
from sample_lessons import layers
import torch


def network_of(name, num_classes, components):
    torch.manual_seed(0)
    network = build_network(
        name, num_classes=num_classes, width=0.125 if name == 'resnet18' else 1.0).eval()
    if components:
        network.add_none_score(components)
    with torch.no_grad():
        for own in ('norm', 'fc', 'none_score'):
            for key, value in network.state_dict().items():
                if key.startswith(f'{own}.') and value.is_floating_point():
                    value.copy_(torch.rand_like(value) + 0.5 if 'var' in key
                                else 0.1 * torch.randn_like(value))
    return network


@pytest.mark.parametrize('name', ['lite0', 'resnet18'])
@pytest.mark.parametrize(('num_classes', 'components'), [(10, 16), (1, 2), (3, 0)])
def test_numbers_are_those_of_pytorch(name, num_classes, components):
    network = network_of(name, num_classes, components)
    state = {key: value.numpy() for key, value in network.state_dict().items()}
    own = LastLayers.from_tensors(state)
    features = np.random.default_rng(0).uniform(0, 2, (7, network.feature_dim)).astype(np.float32)
    with torch.inference_mode():
        expected = network.double().classify(torch.from_numpy(features).double()).numpy()
    np.testing.assert_allclose(own.classify(features), expected, rtol=1e-5, atol=1e-7)


def test_weights_survive_a_round_trip():
    own = layers(4)
    again = LastLayers.from_tensors(own.tensors())
    assert own.tensors().keys() == again.tensors().keys()
    for name, array in own.tensors().items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(again.tensors()[name], array)


def test_classes_are_chosen_in_any_order():
    own, features = layers(4), np.random.default_rng(0).normal(size=(5, 12))
    some = own.of_classes([2, 0])
    np.testing.assert_allclose(
        some.classify(features)[:, :2], own.classify(features)[:, [2, 0]], rtol=1e-12)
    assert own.of_classes([]).weight_KD.shape == (0, 12)
    assert own.of_classes([]).none.centres_KP.shape == (0, 3)


def test_a_network_without_last_layers_is_no_network():
    with pytest.raises(KeyError):
        LastLayers.from_tensors({'conv.weight': np.zeros(3)})
