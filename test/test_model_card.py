# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Model folders: valid ones load, and errors name what is wrong."""

from imrs_ros.model_card import CARD_FILE, ModelCard, ModelCardError, WEIGHTS_FILE
from imrs_ros.model_folders import find_model
from imrs_ros.networks.weights import load_network
from imrs_ros.settings import OperatingPoint
import pytest
from samples import TINY_LABELS, write_tiny_model
import torch
import yaml


def edit(card, change):
    """Rewrite a card after changing its values."""
    path = card.folder / CARD_FILE
    values = yaml.safe_load(path.read_text())
    change(values)
    path.write_text(yaml.safe_dump(values))
    return card.folder


def test_round_trip(tiny_model):
    card = ModelCard.load(tiny_model.folder)
    assert card == tiny_model
    assert card.labels == TINY_LABELS
    network = load_network(card)
    assert not network.training
    assert network(torch.zeros(1, 16, 32, 32, 3, dtype=torch.uint8)).shape == (1, 3)


def test_half_precision_weights_run_in_single_precision(tmp_path):
    card = write_tiny_model(tmp_path / 'half', dtype=torch.float16)
    assert {p.dtype for p in load_network(card).parameters()} == {torch.float32}


@pytest.mark.parametrize('name', [CARD_FILE, WEIGHTS_FILE])
def test_missing_file_is_reported(tiny_model, name):
    (tiny_model.folder / name).unlink()
    with pytest.raises(ModelCardError, match=f'got no {name}'):
        ModelCard.load(tiny_model.folder)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda v: v.pop('labels'), 'missing entry labels'),
    (lambda v: v['input'].pop('fps'), 'missing entry input.fps: expected a number'),
    (lambda v: v['network'].pop('width'), 'missing entry network.width'),
    (lambda v: v.pop('calibration'), 'missing entry calibration: expected a mapping'),
    (lambda v: v['weights'].pop('sha256'), 'missing entry weights.sha256'),
    (lambda v: v.update(format=99), 'expected "format: 1"'),
    (lambda v: v.update(labels=['a', 'a', 'b']), 'labels: expected a list of distinct strings'),
    (lambda v: v.update(labels=[1, 2, 3]), r'labels: expected .*, got \[1, 2, 3\]'),
    (lambda v: v.update(labels=[]), 'labels: expected a list of distinct strings'),
    (lambda v: v.update(labels=5), 'labels: expected a list of distinct strings .* got 5'),
    *[(lambda v, label=label: v.update(labels=[label, 'b']), 'labels: expected .* printable')
      for label in ('a\nb', 'a\0b', '\x1b[31mred', 'a\tb', 'a\u2028b', 'a\u202eb', 'a' * 201)],
    (lambda v: v.update(name='tiny\n'), 'name: expected a string of at most 200 printable'),
    (lambda v: v.update(labels=['wave', 'no_action', 'b']), "strings other than 'no_action', of"),
    (lambda v: v.update(name=None), 'name: expected a string .*, got None'),
    (lambda v: v.update(network='lite0'), "network: expected a mapping, got 'lite0'"),
    (lambda v: v['network'].update(name=3), 'network.name: expected a string .*, got 3'),
    (lambda v: v['network'].update(excitation_stages=3),
     'network.excitation_stages: expected a list with every item an integer .*, or null, got 3'),
    (lambda v: v['network'].update(width=float('nan')), 'network.width: expected a number'),
    (lambda v: v['input'].update(mean=127.0), 'mean: expected a list with every item a number'),
    (lambda v: v['input'].update(std=[0, 1, 1]), r'input.std: .* got \[0, 1, 1\]'),
    (lambda v: v['input'].update(std=[1.0]), 'expected 3 channels .RGB., got 3 and 1'),
    (lambda v: v['input'].update(mean=[127.0], std=[1.0]), 'expected 3 channels .RGB., got 1 and'),
    (lambda v: v['input'].update(mean=[1, 2], std=[1, 2]), '2 and 2; a flow network can only be'),
    (lambda v: v['input'].update(num_frames=0), 'input.num_frames: expected an integer'),
    (lambda v: v['input'].update(num_frames=15.7), 'input.num_frames: .* got 15.7'),
    (lambda v: v['input'].update(num_frames=True), 'input.num_frames: .* got True'),
    (lambda v: v['input'].update(num_frames=float('inf')), 'input.num_frames: .* got inf'),
    (lambda v: v['input'].update(num_frames='sixteen'), "input.num_frames: .* got 'sixteen'"),
    (lambda v: v['input'].update(fps=float('inf')), 'input.fps: expected a number .* got inf'),
    (lambda v: v['input'].update(size_px=1), 'input.size_px: .* from 16 to 1024, got 1'),
    (lambda v: v['calibration'].update(temperature=0), 'calibration.temperature: .* got 0'),
    (lambda v: v['calibration'].update(temperature=float('inf')), 'temperature: .* got inf'),
    (lambda v: v['calibration'].update(temperature='warm'), "calibration.temperature: .*'warm'"),
    (lambda v: v.update(decision={'enter_threshold': 1.5}),
     'decision.enter_threshold: expected a number from 0 to 1, got 1.5'),
    (lambda v: v.update(decision={'enter_threshold': 0.3}),
     r'decision: leave_threshold must be in \[0.001, enter_threshold = 0.3\], got 0.4'),
    (lambda v: v.update(decision={'enter_threshold': 0}),
     r'decision: enter_threshold must be in \[0.001, 0.999\], got 0.0'),
    (lambda v: v.update(decision={'class_thresholds': {'dance': 0.5}}),
     r"decision.class_thresholds: expected labels of this model, got \['dance'\]"),
    (lambda v: v.update(decision={'class_thresholds': {'wave': -0.1}}),
     'decision.class_thresholds.wave: expected a number from 0 to 1, got -0.1'),
    (lambda v: v.update(decision={'class_thresholds': [0.5]}),
     r'decision.class_thresholds: expected a mapping, got \[0.5\]'),
    (lambda v: v.update(decision={'enter_treshold': 0.5}),
     r"decision: expected entries of enter_threshold, .*, got \['enter_treshold'\]"),
    (lambda v: v.update(provenance='by me'), "provenance: expected a mapping, got 'by me'"),
    (lambda v: v.update(none_score={'num_components': 0}),
     'none_score.num_components: expected an integer from 1 to 4096, got 0'),
    (lambda v: v.update(none_score=None), 'none_score: expected a mapping, got None'),
    (lambda v: v['weights'].update(sha256='0' * 64), 'expected SHA-256 0000'),
])
def test_invalid_entry_is_reported(tiny_model, change, words):
    folder = edit(tiny_model, change)
    with pytest.raises(ModelCardError, match=words):
        ModelCard.load(folder)


def test_thresholds_are_optional(tiny_model):
    folder = edit(tiny_model, lambda v: v.update(decision={
        'enter_threshold': 0.7, 'class_thresholds': {'wave': 0.9, 'lift': 0.25}}))
    assert ModelCard.load(folder).operating_point == OperatingPoint(
        enter_threshold=0.7, leave_threshold=0.4, class_thresholds={'wave': 0.9, 'lift': 0.25})
    edit(tiny_model, lambda v: (v.pop('decision'), v.update(calibration={'temperature': 2})))
    card = ModelCard.load(folder)
    assert (card.temperature, card.operating_point) == (2.0, OperatingPoint())


@pytest.mark.parametrize('text', ['', '[1, 2', '- a\n- b\n', '!!python/object:os.system {}'])
def test_damaged_yaml_is_rejected(tiny_model, text):
    (tiny_model.folder / CARD_FILE).write_text(text)
    with pytest.raises(ModelCardError, match=CARD_FILE):
        ModelCard.load(tiny_model.folder)


@pytest.mark.parametrize('label', ['a b', 'Hände hoch', '拍手', "it's <b>", 'a' * 200])
def test_any_printable_label_is_accepted(tiny_model, label):
    folder = edit(tiny_model, lambda v: v.update(labels=[label, 'fall', 'lift'], golden={}))
    assert ModelCard.load(folder).labels[0] == label


def test_a_card_of_aliases_is_rejected_at_once(tiny_model):
    rows = '\n'.join(f'a{i}: &a{i} [{", ".join([f"*a{i - 1}"] * 9)}]' for i in range(1, 10))
    (tiny_model.folder / CARD_FILE).write_text(f'format: 1\na0: &a0 [x]\n{rows}\nlabels: *a9\n')
    with pytest.raises(ModelCardError, match='line 3: expected no alias'):
        ModelCard.load(tiny_model.folder)


def test_damaged_weights_are_rejected(tiny_model):
    path = tiny_model.folder / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(ModelCardError, match='expected SHA-256'):
        ModelCard.load(tiny_model.folder)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda v: v.update(labels=['a', 'b']), 'names 2 labels, the weights give 3 logits'),
    (lambda v: v['network'].update(width=0.25), 'of another shape'),
    (lambda v: v['network'].update(excitation='none'), "unknown .'ce1.conv.weight'"),
    (lambda v: v['network'].update(name='resnext101', width=1.0), 'missing'),
    (lambda v: v['network'].update(name='vgg'), 'network must be one of'),
])
def test_card_that_does_not_match_its_weights_is_rejected(tiny_model, change, words):
    card = ModelCard.load(edit(tiny_model, change))
    with pytest.raises(ModelCardError, match=words):
        load_network(card)


def test_find_model_by_path_and_by_name(tiny_model, tmp_path, monkeypatch):
    assert find_model(str(tiny_model.folder)) == tiny_model.folder
    share = tmp_path / 'prefix' / 'share' / 'imrs_ros' / 'models' / 'mine'
    share.mkdir(parents=True)
    (share / 'model.yaml').touch()
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path / "prefix"}')
    assert find_model('mine') == share
    with pytest.raises(FileNotFoundError, match=r"installed models \[.*'mine'.*\], got 'other'"):
        find_model('other')
