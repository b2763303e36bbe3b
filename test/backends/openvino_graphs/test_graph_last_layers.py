# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Last layers written without PyTorch give the numbers of PyTorch."""

from imrs_ros.backends.openvino_convert import convert_parts
from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.backends.openvino_graphs.last_layers import with_last_layers
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import build_network
from imrs_ros.networks.cut import cut_network
from imrs_ros.part_plan import BODY, FEATURES, LOGITS
from imrs_ros.teaching.last_layers import LastLayers
import numpy as np
import pytest
from sample_lessons import layers
import torch

SIZES = {'resnet18': 32, 'lite0': 64}


@pytest.fixture(scope='module', params=['resnet18', 'lite0'])
def converted(request, tmp_path_factory):
    """Return a network of three classes with a score of none, and its converted body."""
    torch.manual_seed(0)
    width = {'width': 0.125} if request.param == 'resnet18' else {}
    network = build_network(request.param, num_classes=3, **width)
    network.eval().requires_grad_(False)
    if request.param == 'lite0':
        for value in (network.norm.weight, network.norm.running_var):
            value.uniform_(0.5, 2)
        network.norm.running_mean.normal_()
    network.add_none_score(4)
    size = SIZES[request.param]
    spec = InputSpec(num_frames=16, fps=25.0, size_px=size, mean=(127.0,) * 3, std=(64.0,) * 3)
    folder = tmp_path_factory.mktemp('converted')
    convert_parts(cut_network(network, 16, lambda x: (network.classify(x), x)), spec, folder)
    return network, openvino_core().read_model(folder / f'{BODY}.xml')


def run(model, seed=0):
    compiled = openvino_core().compile_model(model, 'CPU', {'INFERENCE_PRECISION_HINT': 'f32'})
    rng = np.random.default_rng(seed)
    return compiled([rng.uniform(0, 1, list(port.shape)).astype(np.float32)
                     for port in compiled.inputs])


@pytest.mark.parametrize(('num_classes', 'components'), [(3, 4), (1, 2), (40, 1), (5, 0), (1, 0)])
def test_other_layers_give_the_numbers_of_pytorch(converted, num_classes, components):
    network, body = converted
    state = {name: value.numpy() for name, value in network.state_dict().items()}
    own, other = LastLayers.from_tensors(state), layers(
        num_classes, network.feature_dim, components)
    replaced = with_last_layers(body, own.scale_D, own.shift_D, other.tensors())
    before, after = run(body), run(replaced)
    features = torch.from_numpy(before[FEATURES])
    assert (after[FEATURES] == before[FEATURES]).all()

    width = {'width': 0.125} if 'norm.weight' not in state else {}
    taught = build_network('lite0' if not width else 'resnet18', num_classes=num_classes, **width)
    if components:
        taught.add_none_score(components)
    kept = {name: value for name, value in network.state_dict().items()
            if not name.startswith(('fc.', 'none_score.'))}
    taught.load_state_dict(kept | {
        name: torch.from_numpy(value) for name, value in other.tensors().items()})
    with torch.inference_mode():
        expected = taught.eval().classify(features).numpy()
    assert after[LOGITS].shape == (1, num_classes + bool(components))
    np.testing.assert_allclose(after[LOGITS], expected, rtol=1e-4, atol=1e-3)


def test_its_own_layers_change_nothing(converted):
    network, body = converted
    own = LastLayers.from_tensors(
        {name: value.numpy() for name, value in network.state_dict().items()})
    replaced = with_last_layers(body, own.scale_D, own.shift_D, own.tensors())
    np.testing.assert_allclose(run(replaced)[LOGITS], run(body)[LOGITS], rtol=1e-4, atol=1e-4)


def test_layers_can_be_replaced_again(converted):
    network, body = converted
    first, second = (layers(n, network.feature_dim, 2, seed=n) for n in (4, 6))
    once = with_last_layers(body, first.scale_D, first.shift_D, second.tensors())
    again = with_last_layers(
        with_last_layers(body, second.scale_D, second.shift_D, first.tensors()),
        first.scale_D, first.shift_D, second.tensors())
    for output in (LOGITS, FEATURES):
        np.testing.assert_array_equal(run(again)[output], run(once)[output])
