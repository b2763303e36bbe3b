# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameter counts, shapes, excitation, and the split into frame part and clip part."""

from imrs_ros.networks import build_network
from imrs_ros.networks.excitation import ChannelExcitation, SqueezeExcitation
from imrs_ros.networks.lite0 import pool_change
import pytest
import torch
from training.learning.pretrained import load_imagenet_lite0

SMALL = [('resnet18', {'width': 0.125}), ('resnext50', {'width': 0.25}), ('lite0', {})]


def count(network):
    return sum(p.numel() for p in network.parameters())


def settled(network):
    """Return a network whose batch norms have plausible statistics, so that no layer blows up."""
    generator = torch.Generator().manual_seed(0)
    for module in network.modules():
        if hasattr(module, 'running_var'):
            module.running_mean.normal_(0, 0.1, generator=generator)
            module.running_var.uniform_(0.5, 2.0, generator=generator)
    return network.eval()


def random_clip(num_clips=1, size=64, channels=3):
    generator = torch.Generator().manual_seed(0)
    shape = (num_clips, 16, size, size, channels)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)


def test_papers_network_has_the_published_size():
    network = build_network('resnext101', num_classes=51)
    assert count(network) == 47_625_727
    ce = [p.numel() for n, p in network.named_parameters() if n.startswith('ce')]
    assert ce == [3, 3, 3, 3]
    assert count(build_network('resnext101', num_classes=51, excitation='none')) == 47_625_715
    names = set(network.state_dict())
    for name in ('conv1.weight', 'bn1.running_mean', 'layer1.0.conv1.weight', 'layer3.22.bn3.bias',
                 'layer4.0.downsample.0.weight', 'layer4.0.downsample.1.weight', 'fc.bias'):
        assert name in names
    assert network.conv1.weight.shape == (64, 3, 7, 7, 7)
    assert network.layer1[0].conv2.weight.shape == (128, 4, 3, 3, 3)


def test_papers_network_has_the_published_maps():
    network = build_network('resnext101', num_classes=51).eval()
    shapes = {}
    for name in ('bn1', 'layer1', 'layer2', 'layer3', 'layer4'):
        network.get_submodule(name).register_forward_hook(
            lambda module, _, out, name=name: shapes.update({name: tuple(out.shape[1:])}))
    with torch.inference_mode():
        logits, features = network.forward_features(random_clip(size=112))
    assert shapes == {
        'bn1': (64, 16, 56, 56), 'layer1': (256, 8, 28, 28), 'layer2': (512, 4, 14, 14),
        'layer3': (1024, 2, 7, 7), 'layer4': (2048, 1, 4, 4)}
    assert logits.shape == (1, 51)
    assert features.shape == (1, 2048)


@pytest.mark.parametrize(('name', 'options'), SMALL)
@pytest.mark.parametrize('excitation', ['ce', 'se', 'none'])
def test_frame_part_and_clip_part_make_forward(name, options, excitation):
    torch.manual_seed(0)
    network = settled(build_network(name, num_classes=5, excitation=excitation, **options))
    clip = random_clip(2)
    with torch.inference_mode():
        expected = network(clip)
        parts = torch.stack([network.frame_part(clip[:, t]) for t in range(16)], dim=1)
        logits = network.clip_part(parts)
    assert expected.std() > 0
    assert (logits - expected).abs().max() <= 1e-4 * expected.abs().max()


@pytest.mark.parametrize(('name', 'options'), SMALL)
def test_flow_input_and_features(name, options):
    network = build_network(name, num_classes=5, in_channels=2, **options).eval()
    with torch.inference_mode():
        logits, features = network.forward_features(random_clip(channels=2))
    assert logits.shape == (1, 5)
    assert features.shape == (1, network.feature_dim)


def test_normalisation_is_inside():
    network = build_network('resnet18', num_classes=2, width=0.125, mean=[1, 2, 3], std=[2, 4, 5])
    pixel = torch.tensor([11, 22, 33], dtype=torch.uint8)
    assert network.normalise(pixel).tolist() == [5.0, 5.0, 6.0]
    assert build_network('resnext101', num_classes=2).mean.tolist() == pytest.approx(
        [114.7748, 107.7354, 99.4750])
    assert build_network('resnet18', num_classes=2, in_channels=2).mean.tolist() == [127.5, 127.5]


def test_excitation_stands_where_asked():
    network = build_network(
        'resnet18', num_classes=2, width=0.125, excitation='se', excitation_stages=(2, 4))
    kinds = [type(network.get_submodule(f'ce{s}')).__name__ for s in (1, 2, 3, 4)]
    assert kinds == ['Identity', 'SqueezeExcitation', 'Identity', 'SqueezeExcitation']


def test_ce_is_the_papers_formula():
    module = ChannelExcitation(3)
    with torch.no_grad():
        module.conv.weight[:] = torch.tensor([[[0.5, 1.0, -2.0]]])
    x = torch.randn(1, 3, 2, 2, 2)
    y = x.mean(dim=(2, 3, 4))[0]
    # Equation 4, with zeros beyond the first and the last channel.
    eta = torch.sigmoid(torch.stack([
        y[0] - 2 * y[1], 0.5 * y[0] + y[1] - 2 * y[2], 0.5 * y[1] + y[2]]))
    assert torch.allclose(module(x), x * eta[None, :, None, None, None], atol=1e-6)


def test_se_scales_channels_between_zero_and_one():
    x = torch.ones(1, 32, 2, 2, 2)
    gates = SqueezeExcitation(32)(x)[0, :, 0, 0, 0]
    assert ((gates > 0) & (gates < 1)).all()


@pytest.mark.parametrize(('name', 'options', 'words'), [
    ('vgg', {}, 'network must be one of'),
    ('resnet18', {'excitation': 'cbam'}, 'excitation must be one of'),
    ('resnet18', {'excitation_stages': (5,)}, 'excitation_stages of resnet18'),
    ('lite0', {'excitation_stages': (3,)}, 'excitation_stages of lite0'),
    ('lite0', {'width': 0.5}, 'no width multiplier'),
    ('resnext50', {'width': 0.1}, 'multiple of 0.25'),
    ('resnet18', {'num_classes': 0}, 'num_classes >= 1'),
    ('resnet18', {'mean': [1.0]}, '3 input channels'),
    ('resnet18', {'mean': [1, 1, 1], 'std': [1, 1, 0]}, 'std above zero'),
])
def test_wrong_arguments_are_named(name, options, words):
    with pytest.raises(ValueError, match=words):
        build_network(name, **{'num_classes': 2, **options})


def test_lite0_with_imagenet_weights_is_the_image_network_on_a_still_clip():
    network = build_network('lite0', num_classes=2).eval()
    load_imagenet_lite0(network)
    image = torch.randint(0, 256, (1, 1, 64, 64, 3), dtype=torch.uint8,
                          generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        maps = network.frame_part(image[0])
        for block in network.blocks[11:]:
            maps = block(maps)
        expected = torch.nn.functional.relu6(
            network.bn1(network.conv_head(maps))).mean(dim=(2, 3))
        features = network.pool_clip(image.expand(1, 16, -1, -1, -1))
    assert expected.std() > 0.1
    assert torch.allclose(features[:, :1280], expected, atol=1e-4)
    assert features[:, 1280:network.still_dim].shape == (1, 448)
    assert features[:, 1280:network.still_dim].abs().max() <= 1e-5
    assert features.shape == (1, network.still_dim + network.moving_dim)


def test_moving_features_of_lite0_see_time():
    torch.manual_seed(0)
    network = build_network('lite0', num_classes=2).eval()
    load_imagenet_lite0(network)
    clip = random_clip()
    shuffled = clip[:, torch.randperm(16)]
    with torch.inference_mode():
        there, back = (network.pool_clip(c)[:, network.still_dim:] for c in (clip, shuffled))
    assert (there - back).abs().max() > 1e-3 * there.abs().max()


def test_change_pooling_by_hand():
    maps = torch.zeros(1, 16, 1, 2, 2)
    maps[0, :, 0, 0, 0] = torch.arange(16.0)
    # One pixel of four changes by the lag, the others do not.
    assert pool_change(maps).tolist() == [[1 / 4, 1.0, 4 / 4, 4.0]]
    with pytest.raises(ValueError, match='more than 4 frames, got 4'):
        pool_change(maps[:, :4])


def test_lite0_hides_halves_of_the_features_in_training_alone():
    torch.manual_seed(0)
    network = build_network('lite0', num_classes=2)
    with torch.no_grad():
        network.fc.weight.fill_(1.0)
        network.fc.bias.zero_()
    features = torch.ones(600, network.feature_dim)
    network.norm.eval()
    whole = network.eval().classify(features)[:, 0]
    assert torch.equal(whole, whole[:1].expand(600))
    network.train()
    network.norm.eval()
    shown = network.classify(features)[:, 0] / whole[0] * network.feature_dim
    counts = {size: int((shown - size).abs().lt(0.5).sum())
              for size in (network.still_dim, network.moving_dim, network.feature_dim)}
    assert sum(counts.values()) == 600
    assert all(150 < count < 250 for count in counts.values())
