# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Published checkpoints into model folders."""

import os

from imrs_ros.backends import load_backend
from imrs_ros.model_card import Architecture
from imrs_ros.networks import build_network
from imrs_ros.settings import BackendSettings
import numpy as np
import pytest
import torch
from training.config import RunConfig
from training.import_checkpoint import import_checkpoint, read_names
from training.learning.networks import load_pretrained, make_network
from training.scoring.scored_model import backend_scorer

LABELS = ('wave', 'fall', 'lift')
PLAIN = Architecture(name='resnet18', excitation='none', excitation_stages=None, width=0.25)


@pytest.fixture
def published(tmp_path):
    """Write a checkpoint as MARS does: parallel prefix, no batch counters, an optimiser."""
    torch.manual_seed(0)
    network = build_network('resnet18', num_classes=3, excitation='none', width=0.25).eval()
    with torch.no_grad():
        for name, buffer in network.named_buffers():
            if name.endswith('running_var'):
                buffer.uniform_(0.5, 2.0)
    state = {f'module.{name}': tensor for name, tensor in network.state_dict().items()
             if not name.endswith('num_batches_tracked')}
    torch.save({'epoch': 3, 'arch': 'resnet-18', 'state_dict': state, 'optimizer': {}},
               tmp_path / 'published.pth')
    return network


def test_a_published_checkpoint_gives_the_same_logits(published, tmp_path, umask):
    card = import_checkpoint(
        tmp_path / 'published.pth', tmp_path / 'model', PLAIN, LABELS, size_px=32)
    assert card.labels == LABELS
    assert [p.stat().st_mode & 0o777 for p in (card.folder, *sorted(card.folder.iterdir()))] == [
        0o777 & ~umask, 0o666 & ~umask, 0o666 & ~umask]
    assert card.provenance['parity']['max_logit_difference'] < 1e-3
    clips = np.random.default_rng(1).integers(0, 256, (2, 16, 32, 32, 3), np.uint8)
    with torch.inference_mode():
        expected = published(torch.from_numpy(clips)).numpy()
    backend = load_backend(card, BackendSettings(backend='torch')).backend
    assert backend_scorer(backend)(clips) == pytest.approx(expected, abs=1e-5)


@pytest.fixture
def umask():
    """Set the usual umask: others may read what is written."""
    before = os.umask(0o022)
    yield 0o022
    os.umask(before)


@pytest.mark.parametrize(('architecture', 'labels'), [
    (PLAIN, ('wave', 'fall')), (Architecture(
        name='resnet18', excitation='ce', excitation_stages=None, width=0.25), LABELS)])
def test_a_checkpoint_of_something_else_is_refused(published, tmp_path, architecture, labels):
    with pytest.raises(ValueError, match='expected all weights of resnet18'):
        import_checkpoint(tmp_path / 'published.pth', tmp_path / 'model', architecture, labels,
                          size_px=32)
    assert not (tmp_path / 'model').exists()


def test_names_with_and_without_ids(tmp_path):
    (tmp_path / 'names.txt').write_text('1 Archery\n2 Punch\n')
    assert read_names(tmp_path / 'names.txt') == ('Archery', 'Punch')
    (tmp_path / 'names.txt').write_text('brush hair\ncartwheel\n2 hands\n')
    assert read_names(tmp_path / 'names.txt') == ('brush hair', 'cartwheel', '2 hands')


@pytest.mark.parametrize(('text', 'message'), [
    ('2 Punch\n1 Archery\n', r'expected consecutive ids, .*got \[2, 1\]; sort the lines'),
    ('1 Archery\n3 Punch\n', r'.*got \[1, 3\]'),
    ('wave\nfall\nwave\n', r"expected each class once, got \['wave'\] more than once")])
def test_names_in_another_order_are_refused(tmp_path, text, message):
    (tmp_path / 'names.txt').write_text(text)
    with pytest.raises(ValueError, match=f'names.txt: {message}'):
        read_names(tmp_path / 'names.txt')


def write_2020(path, **changes):
    """Write a checkpoint as 3D-ResNets of 2020 does; return the network and its own input."""
    torch.manual_seed(0)
    network = build_network(
        'resnet18', num_classes=3, excitation='none', width=0.25, mean=(0.4345, 0.4051, 0.3775),
        std=(0.2768, 0.2713, 0.2737)).eval()
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [50, 100, 150])
    content = {'epoch': 200, 'arch': 'resnet-18', 'state_dict': network.state_dict(),
               'optimizer': optimizer.state_dict(), 'scheduler': schedule.state_dict(), **changes}
    torch.save({k: v for k, v in content.items() if v is not None}, path)
    return network


@pytest.mark.parametrize(('changes', 'normalisation'), [
    ({}, None), ({'scheduler': None}, '3d-resnets-2020')])
def test_a_checkpoint_of_2020_gives_the_same_logits(tmp_path, changes, normalisation):
    network = write_2020(tmp_path / 'r3d18.pth', **changes)
    card = import_checkpoint(tmp_path / 'r3d18.pth', tmp_path / 'model', PLAIN, LABELS, size_px=32,
                             normalisation=normalisation)
    assert card.spec.mean == pytest.approx((110.7975, 103.3005, 96.2625))
    assert card.spec.std == pytest.approx((70.584, 69.1815, 69.7935))
    clips = np.random.default_rng(1).integers(0, 256, (2, 16, 32, 32, 3), np.uint8)
    with torch.inference_mode():
        # The network of 2020 gets pixels in [0, 1].
        expected = network(torch.from_numpy(clips).float() / 255).numpy()
    backend = load_backend(card, BackendSettings(backend='torch')).backend
    assert backend_scorer(backend)(clips) == pytest.approx(expected, abs=1e-4)


def test_a_file_that_does_not_tell_its_normalisation_is_asked_about(tmp_path):
    write_2020(tmp_path / 'plain.pth', scheduler=None)
    with pytest.raises(ValueError, match='pass --normalisation mars .*or --normalisation 3d-res'):
        import_checkpoint(tmp_path / 'plain.pth', tmp_path / 'model', PLAIN, LABELS, size_px=32)
    assert not (tmp_path / 'model').exists()


def test_the_normalisation_of_mars_is_told_apart(published, tmp_path):
    card = import_checkpoint(
        tmp_path / 'published.pth', tmp_path / 'model', PLAIN, LABELS, size_px=32)
    assert card.spec.mean == pytest.approx((114.7748, 107.7354, 99.4750))
    assert card.spec.std == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(('content', 'message'), [
    (b'\n<!DOCTYPE html><html><title>Google Drive - Virus scan warning</title>',
     'file.pth: expected a checkpoint, got a web page: Google Drive asks'),
    (b'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n',
     'file.pth: expected a checkpoint, got a pointer of Git LFS; fetch'),
    (b'', 'file.pth: expected a checkpoint')])
def test_files_that_are_no_checkpoints_are_named(tmp_path, content, message):
    (tmp_path / 'file.pth').write_bytes(content)
    with pytest.raises(ValueError, match=message):
        import_checkpoint(tmp_path / 'file.pth', tmp_path / 'model', PLAIN, LABELS)


def test_shortcuts_of_type_a_are_named(published, tmp_path):
    state = {name: tensor for name, tensor in published.state_dict().items()
             if '.downsample.' not in name and 'num_batches' not in name}
    torch.save({'state_dict': state}, tmp_path / 'a.pth')
    with pytest.raises(ValueError, match=r'a.pth: expected a network with shortcuts of type B'):
        import_checkpoint(tmp_path / 'a.pth', tmp_path / 'model', PLAIN, LABELS, size_px=32)


def test_a_single_class_is_refused(published, tmp_path):
    with pytest.raises(ValueError, match=r"expected at least two classes, got \['fall'\]"):
        import_checkpoint(tmp_path / 'published.pth', tmp_path / 'model', PLAIN, ('fall',))


def test_fine_tuning_keeps_the_normalisation_of_the_checkpoint(published, tmp_path):
    def pretrained(name, **changes):
        config = RunConfig(network='resnet18', width=0.25, excitation='none',
                           pretrained=str(tmp_path / name), **changes)
        network = make_network(config, 2)
        load_pretrained(network, config)
        return network.std.tolist()

    write_2020(tmp_path / 'r3d18.pth')
    write_2020(tmp_path / 'plain.pth', scheduler=None)
    assert pretrained('published.pth') == [1.0, 1.0, 1.0]
    assert pretrained('r3d18.pth', normalisation='3d-resnets-2020') == pytest.approx(
        [70.584, 69.1815, 69.7935])
    assert pretrained('plain.pth', normalisation='mars') == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match='got those of mars; set `normalisation: 3d-resnets-2020'):
        pretrained('r3d18.pth')
    with pytest.raises(ValueError, match='got those of 3d-resnets-2020; set `normalisation: mars'):
        pretrained('published.pth', normalisation='3d-resnets-2020')
    with pytest.raises(ValueError, match='set normalisation to one of'):
        pretrained('plain.pth')
    with pytest.raises(ValueError, match='normalisation must be null for a flow stream and for'):
        RunConfig(network='lite0', normalisation='mars')
