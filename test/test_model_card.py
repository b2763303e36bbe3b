"""Model folders: what fits loads, what does not is named."""

from imrs_ros.model_card import CARD_FILE, ModelCard, ModelCardError, WEIGHTS_FILE
from imrs_ros.model_folders import find_model
from imrs_ros.networks.weights import load_network
import pytest
from support import TINY_LABELS, write_tiny_model
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


def test_half_precision_weights_compute_in_single(tmp_path):
    card = write_tiny_model(tmp_path / 'half', dtype=torch.float16)
    assert {p.dtype for p in load_network(card).parameters()} == {torch.float32}


@pytest.mark.parametrize('name', [CARD_FILE, WEIGHTS_FILE])
def test_missing_file_is_named(tiny_model, name):
    (tiny_model.folder / name).unlink()
    with pytest.raises(ModelCardError, match=f'got no {name}'):
        ModelCard.load(tiny_model.folder)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda v: v.pop('labels'), "no entry 'labels'"),
    (lambda v: v['input'].pop('fps'), "no entry 'fps'"),
    (lambda v: v.update(format=99), 'expected "format: 1"'),
    (lambda v: v.update(labels=['a', 'a', 'b']), 'labels must be different'),
    (lambda v: v.update(labels=['abc'][0] and [1, 2, 3]), 'labels must be'),
    (lambda v: v['input'].update(std=[0, 1, 1]), 'std above 0'),
    (lambda v: v['input'].update(num_frames=0), 'num_frames must be above 0'),
    (lambda v: v['calibration'].update(temperature=0), 'temperature must be above 0'),
    (lambda v: v['calibration'].update(temperature='warm'), 'warm'),
    (lambda v: v['weights'].update(sha256='0' * 64), 'expected SHA-256 0000'),
])
def test_wrong_entry_is_named(tiny_model, change, words):
    folder = edit(tiny_model, change)
    with pytest.raises(ModelCardError, match=words):
        ModelCard.load(folder)


@pytest.mark.parametrize('text', ['', '[1, 2', '- a\n- b\n', '!!python/object:os.system {}'])
def test_damaged_yaml_is_refused(tiny_model, text):
    (tiny_model.folder / CARD_FILE).write_text(text)
    with pytest.raises(ModelCardError, match=CARD_FILE):
        ModelCard.load(tiny_model.folder)


def test_damaged_weights_are_refused(tiny_model):
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
def test_card_that_does_not_fit_its_weights(tiny_model, change, words):
    card = ModelCard.load(edit(tiny_model, change))
    with pytest.raises(ModelCardError, match=words):
        load_network(card)


def test_find_model_by_path_and_by_name(tiny_model, tmp_path, monkeypatch):
    assert find_model(str(tiny_model.folder)) == tiny_model.folder
    share = tmp_path / 'prefix' / 'share' / 'imrs_ros' / 'models' / 'mine'
    share.mkdir(parents=True)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path / "prefix"}')
    assert find_model('mine') == share
    with pytest.raises(FileNotFoundError, match=r"installed models \[.*'mine'.*\], got 'other'"):
        find_model('other')
