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
from training.import_checkpoint import import_checkpoint, read_names
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
    (tmp_path / 'names.txt').write_text('brush hair\ncartwheel\n')
    assert read_names(tmp_path / 'names.txt') == ('brush hair', 'cartwheel')
