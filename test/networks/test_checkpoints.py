# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Published checkpoints: loaded safely, with a report of every tensor."""

import pickle

from imrs_ros.networks import build_network, load_published
import pytest
import torch


def small(num_classes=7, **options):
    return build_network('resnet18', num_classes=num_classes, width=0.125, **options)


def published(network):
    """Return a checkpoint as 3D-ResNets and MARS write it."""
    return {
        'epoch': 3, 'arch': 'resnet-18', 'optimizer': {},
        'state_dict': {f'module.{name}': tensor for name, tensor in network.state_dict().items()
                       if 'num_batches_tracked' not in name and not name.startswith('ce')}}


def test_checkpoint_of_another_class_count(tmp_path):
    torch.manual_seed(1)
    source, target = small(7), small(3)
    torch.save(published(source), tmp_path / 'mars.pth')
    report = load_published(target, tmp_path / 'mars.pth')
    assert torch.equal(target.conv1.weight, source.conv1.weight)
    assert torch.equal(target.layer4[1].bn2.running_var, source.layer4[1].bn2.running_var)
    assert set(report.skipped) == {'fc.weight', 'fc.bias'}
    assert set(report.initial) == {'fc.weight', 'fc.bias', *(f'ce{i}.conv.weight'
                                                             for i in range(1, 5))}
    assert 'skipped fc.weight: the network has shape (3, 64)' in str(report)


def test_same_network_gives_the_same_logits(tmp_path):
    torch.manual_seed(2)
    source, target = small(excitation='none').eval(), small(excitation='none').eval()
    content = published(source)
    content['state_dict'] = {f'module.{k}': v for k, v in content['state_dict'].items()}
    torch.save(content, tmp_path / 'twice.pth')
    assert load_published(target, tmp_path / 'twice.pth').initial == ()
    clip = torch.randint(0, 256, (1, 16, 32, 32, 3), dtype=torch.uint8)
    with torch.inference_mode():
        assert torch.equal(source(clip), target(clip))


class Evil:
    """Runs code when unpickled."""

    def __reduce__(self):
        return (pytest.fail, ('pickle code was executed',))


def test_pickle_code_is_not_executed(tmp_path):
    path = tmp_path / 'evil.pth'
    torch.save({'state_dict': Evil()}, path)
    with pytest.raises(ValueError, match='plain tensors'):
        load_published(small(), path)
    path.write_bytes(pickle.dumps(Evil(), protocol=2))
    with pytest.raises(ValueError, match='plain tensors'):
        load_published(small(), path)


def test_wrong_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_published(small(), tmp_path / 'missing.pth')
    (tmp_path / 'text.pth').write_text('not a checkpoint')
    with pytest.raises(ValueError, match=r'text\.pth'):
        load_published(small(), tmp_path / 'text.pth')
    torch.save([1, 2], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match='expected a dict of tensors, got list'):
        load_published(small(), tmp_path / 'list.pth')
    torch.save({'features.0.weight': torch.zeros(3)}, tmp_path / 'vgg.pth')
    with pytest.raises(ValueError, match='was it made for this architecture'):
        load_published(small(), tmp_path / 'vgg.pth')
