# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameters and FLOPs, against counts by hand."""

from imrs_ros.networks import build_network
import pytest
import torch
from torch import nn
from training.scoring.complexity import measure_complexity


@pytest.mark.parametrize(('excitation', 'num_parameters', 'flops'), [
    # CE: 3 weights a stage, and as many MAC a channel, of 256 + 512 + 1024 + 2048 channels.
    ('ce', 47_625_727, 19_134_024_192), ('none', 47_625_715, 19_134_024_192 - 2 * 3 * 3840)])
def test_network_of_the_paper(excitation, num_parameters, flops):
    with torch.device('meta'):
        network = build_network('resnext101', num_classes=51, excitation=excitation)
    complexity = measure_complexity(network, num_frames=16, size_px=112)
    assert complexity.num_parameters == num_parameters
    assert complexity.flops == flops


@pytest.mark.parametrize('in_channels', [2, 3])
def test_count_by_hand_and_on_a_real_clip(in_channels):
    network = build_network(
        'resnet18', num_classes=5, in_channels=in_channels, excitation='none', width=0.125)
    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        per_value = module.weight[0].numel()
        macs += output.numel() * per_value

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
            module.register_forward_hook(count)
    complexity = measure_complexity(network, num_frames=8, size_px=32)
    assert complexity.flops == pytest.approx(2 * macs)
    assert complexity.num_parameters == sum(p.numel() for p in network.parameters())


def test_network_is_left_as_it_came():
    network = build_network('lite0', num_classes=3)
    network.train()
    network.norm.eval()
    modes = [module.training for module in network.modules()]
    before = {k: v.clone() for k, v in network.state_dict().items()}
    small, large = (measure_complexity(network, num_frames=16, size_px=size).flops
                    for size in (64, 128))
    assert large / small == pytest.approx(4, rel=0.01)
    assert [module.training for module in network.modules()] == modes
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
