# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The shipped model, taught two actions of three people each, without PyTorch."""

import json
from pathlib import Path
import subprocess
import sys

from imrs_ros.backends import openvino_export
from imrs_ros.backends.openvino_backend import OpenVinoBackend
from imrs_ros.backends.openvino_export import cache_beside, export_values, find_or_export
from imrs_ros.demo.sources import data_folder
from imrs_ros.evaluation.command import main as evaluation
from imrs_ros.golden_clips import golden_clips
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings, WindowSettings
from imrs_ros.teaching.bank import Bank, BANK_FILE, MAX_BYTES
from imrs_ros.teaching.clip_features import FootageReader
from imrs_ros.teaching.command import Order, run
from imrs_ros.teaching.footage import Footage
from imrs_ros.teaching.model import read_layers
from imrs_ros.teaching.pooling import WindowPooler
from imrs_ros.teaching.teach import name_clip
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
ACTIONS = {'bend': 'bend_{}_bend.mp4', 'wave two': 'wave2_{}_wave2.mp4',
           'jump': 'jump_{}_pjump.mp4'}
TEACH = """
import sys

class WithoutTorch:
    def find_spec(self, name, *_):
        if name.split('.')[0] == 'torch':
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, WithoutTorch())
from imrs_ros.teaching.command import main
main()
assert 'torch' not in sys.modules
"""


@pytest.fixture(scope='module')
def weizmann():
    """Return the folder of the real clips of everyday actions, or skip."""
    folder = (ROOT / data_folder()).resolve() / 'other-actions' / 'weizmann'
    if not folder.is_dir():
        pytest.skip(f'needs the real clips of {folder}; set IMRS_DATA to the folder above it')
    return folder


def link(weizmann, folder, labels, people):
    for label in labels:
        (folder / label).mkdir(parents=True)
        for person in people:
            (folder / label / person).mkdir()
            name = ACTIONS[label].format(person)
            (folder / label / person / name).symlink_to(weizmann / name)
    return folder


@pytest.fixture(scope='module')
def taught(weizmann, shipped_model, tmp_path_factory):
    """Return the card of the taught model."""
    folder = tmp_path_factory.mktemp('taught')
    find_or_export(ModelCard.load(shipped_model))
    examples = link(weizmann, folder / 'examples', ('bend', 'wave two'), ('daria', 'denis', 'eli'))
    done = subprocess.run(
        [sys.executable, '-W', 'error', '-c', TEACH, str(examples), '--keep', str(shipped_model),
         '--out', str(folder / 'models' / 'mine'), '--no-mirror'],
        text=True, capture_output=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert 'mine: 12 actions' in done.stdout
    return ModelCard.load(folder / 'models' / 'mine')


@pytest.fixture(scope='module')
def backend(taught):
    """Return its backend, which converts nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openvino_export, 'export', None)
        backend = OpenVinoBackend(taught, BackendSettings())
    assert backend.description.warnings == ()
    yield backend
    backend.close()


def test_it_keeps_the_actions_of_the_shipped_model(taught, shipped_model):
    base = ModelCard.load(shipped_model)
    assert taught.labels == (*base.labels, 'bend', 'wave two')
    old, new = read_layers(base), read_layers(taught)
    assert new.weight_KD[:10].tobytes() == old.weight_KD.tobytes()
    assert new.bias_K[:10].tobytes() == old.bias_K.tobytes()
    np.testing.assert_array_equal(new.none.centres_KP[:10], old.none.centres_KP)
    point, before = taught.operating_point, base.operating_point
    assert {label: point.class_thresholds[label] for label in before.class_thresholds} == (
        before.class_thresholds)
    assert point.enter_threshold == before.enter_threshold


def test_its_converted_network_lies_in_its_folder(taught, backend):
    cache = cache_beside(taught.folder)
    assert cache.find(export_values(taught)).parent == taught.folder / 'openvino'
    assert cache.notices == []
    assert sorted(path.name for path in taught.folder.iterdir()) == [
        BANK_FILE, 'model.safetensors', 'model.yaml', 'openvino']
    assert [path.name for path in taught.folder.parent.iterdir()] == ['mine']


def test_it_agrees_with_pytorch(taught, backend):
    clips = golden_clips(taught.spec.num_frames, taught.spec.size_px)
    with torch.inference_mode():
        expected = load_network(taught)(torch.from_numpy(clips)).numpy()
    found = np.concatenate([backend.infer([Clip(str(i), clip, 0, 0, 'golden')])
                            for i, clip in enumerate(clips)])
    assert found.shape == (len(clips), 13)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    np.testing.assert_allclose(taught.golden.logits, expected, atol=1e-3)


def test_somebody_it_has_not_seen_is_named_right(taught, weizmann):
    reader = FootageReader(WindowPooler.of_model(taught), taught.spec, WindowSettings())
    for label in ('bend', 'wave two'):
        video = weizmann / ACTIONS[label].format('moshe')
        (clip,), _ = reader.read(Footage(video, label, 'moshe'))
        assert taught.labels[name_clip(read_layers(taught), clip, len(taught.labels))] == label


def test_it_is_judged_on_what_it_had_not_learnt_from(taught):
    about = taught.provenance
    assert about['taught']['examples'] == {'bend': 3, 'wave two': 3}
    assert about['taught']['model'] == 'ucf10'
    assert {label: judged for label, (_, judged) in about['named_right'].items()
            if label in ('bend', 'wave two')} == {'bend': 3, 'wave two': 3}
    point = about['operating_point']
    assert point['num_actions'] == 6
    assert point['num_found'] >= 4
    assert point['background_minutes'] > 1


def test_a_recording_is_evaluated_with_it(taught, weizmann, tmp_path, capsys):
    (tmp_path / 'bend').mkdir()
    video = tmp_path / 'bend' / 'bend.mp4'
    video.symlink_to(weizmann / ACTIONS['bend'].format('shahar'))
    with pytest.raises(SystemExit) as ended:
        evaluation(['evaluate', str(video), '--model', str(taught.folder),
                    '--out', str(tmp_path / 'report')])
    assert not ended.value.code, capsys.readouterr()
    text = (tmp_path / 'report' / 'report.json').read_text()
    assert 'bend' in json.dumps(json.loads(text))


def test_it_is_taught_more_and_keeps_what_it_was_taught(taught, weizmann, tmp_path):
    bank = Bank.load(taught)
    assert {clip.label for clip in bank.unseen} == set(taught.labels)
    assert (taught.folder / BANK_FILE).stat().st_size < MAX_BYTES
    more = run(Order(
        examples=(link(weizmann, tmp_path / 'examples', ('jump',), ('daria', 'denis')),),
        model=str(taught.folder), keep=None, out=tmp_path / 'more', mirror=False))
    assert more.labels == (*taught.labels, 'jump')
    old, new = read_layers(taught), read_layers(more)
    assert new.weight_KD[:12].tobytes() == old.weight_KD.tobytes()
    assert {clip.label for clip in Bank.load(more).unseen} == set(more.labels)
    assert (more.folder / BANK_FILE).stat().st_size < MAX_BYTES
