# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Training, resuming, export and evaluation of runs on synthetic videos."""

from dataclasses import replace
import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from sample_data_sets import make_data_set
from samples import write_video
import torch
from training import export, train
from training.calibrate import calibrate_folder
from training.clips.run_data import RunData
from training.config import RunConfig
from training.export import export_run
from training.learning.networks import load_trained, make_network
from training.learning.pretrained import load_imagenet_lite0
from training.learning.run_state import BEST, LAST, read_best, read_saved, write_best
from training.learning.stream import Stream
from training.learning.trainer import Trainer
from training.model_folder.parity import check_parity, ParityError
from training.operating_point.command_line import print_card
import yaml

TINY = {
    'network': 'resnet18', 'width': 0.125, 'size_px': 24, 'epochs': 2, 'batch_size': 2,
    'validation_groups': [9], 'mixup_alpha': 0.2, 'clips_per_video': 2}


@pytest.fixture(autouse=True)
def one_thread():
    """Use one thread, so that sums and runs can be compared exactly."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def trainer(data, folder, frames=None, **changes):
    config = RunConfig.from_mapping({**TINY, **changes}, 'test')
    return Trainer(config, RunData.read(config, data, frames), folder)


def prepared(*args, **changes):
    run = trainer(*args, **changes)
    run.prepare()
    return run


def test_resumed_run_equals_an_uninterrupted_one(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path / 'whole').run()

    class Killed(Exception):
        pass

    killed = trainer(synthetic_data, tmp_path / 'killed')
    train_epoch = killed._train_epoch

    def train_once_then_die():
        if killed.progress.epoch == 1:
            raise Killed
        return train_epoch()

    killed._train_epoch = train_once_then_die
    with pytest.raises(Killed):
        killed.run()
    assert read_saved(tmp_path / 'killed' / LAST)['epoch'] == 1
    trainer(synthetic_data, tmp_path / 'killed').run()
    whole, resumed = (read_saved(tmp_path / n / LAST) for n in ('whole', 'killed'))
    assert whole['epoch'] == resumed['epoch'] == 2
    for name, tensor in whole['stream'].items():
        assert torch.equal(tensor, resumed['stream'][name]), name


def test_other_settings_do_not_resume(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path / 'run', epochs=1).run()
    with pytest.raises(ValueError, match=r"differs in \['learning_rate'\]"):
        trainer(synthetic_data, tmp_path / 'run', epochs=1, learning_rate=0.5)


def swap_classes(data):
    """Swap the two classes in the index, and leave out the ids in the lists."""
    (data / 'splits' / 'classInd.txt').write_text('1 Right\n2 Left\n')
    for path in (data / 'splits').glob('t*list01.txt'):
        lines = path.read_text().splitlines()
        path.write_text(''.join(f'{line.split()[0]}\n' for line in lines))


def test_other_classes_do_not_resume(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path / 'run', epochs=1).run()
    data = shutil.copytree(synthetic_data, tmp_path / 'data')
    swap_classes(data)
    with pytest.raises(ValueError, match=r"a run of the classes \['Right', 'Left'\], got one of"):
        trainer(data, tmp_path / 'run', epochs=1)


def test_settings_newer_than_a_run_do_not_stop_it(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path / 'run', epochs=1).run()
    path = tmp_path / 'run' / 'config.yaml'
    path.write_text(path.read_text().replace('normalisation: null\n', ''))
    assert trainer(synthetic_data, tmp_path / 'run', epochs=1).progress.epoch == 1


def test_a_class_without_training_videos_is_refused(synthetic_data, tmp_path):
    data = shutil.copytree(synthetic_data, tmp_path / 'data')
    (data / 'splits' / 'groups.txt').write_text('Left/v_Left_g08_c01 a\nLeft/v_Left_g09_c01 a\n')
    config = RunConfig.from_mapping({**TINY, 'validation_groups': ['a']}, 'test')
    with pytest.raises(ValueError, match=(
            r"expected at least one training video of each class, got none of \['Left'\]; add")):
        RunData.read(config, data, None)


def test_a_class_without_validation_videos_is_named(synthetic_data, tmp_path, monkeypatch, capsys):
    data = shutil.copytree(synthetic_data, tmp_path / 'data')
    (data / 'splits' / 'groups.txt').write_text('Left/v_Left_g09_c01 a\n')
    (tmp_path / 'run.yaml').write_text(
        yaml.safe_dump({**TINY, 'epochs': 1, 'validation_groups': ['a']}))
    monkeypatch.setattr(sys, 'argv', [
        'train', str(tmp_path / 'run.yaml'), '--data', str(data), '--out', str(tmp_path / 'run'),
        '--workers', '0', '--accelerator', 'cpu'])
    train.main()
    assert 'warning: no validation video of Right; the best epoch' in capsys.readouterr().out


def test_damaged_state_is_reported(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path / 'run', epochs=1).run()
    (tmp_path / 'run' / LAST).write_bytes(b'half a file')
    with pytest.raises(ValueError, match=r'last\.pt'):
        trainer(synthetic_data, tmp_path / 'run', epochs=1)


def test_non_finite_loss_stops_and_names_the_batch(synthetic_data, tmp_path):
    run = trainer(synthetic_data, tmp_path / 'run')
    with torch.no_grad():
        run.stream.network.fc.bias.fill_(float('nan'))
    with pytest.raises(RuntimeError, match='epoch 1, batch 0'):
        run.run()


def test_export_and_evaluate(synthetic_data, tmp_path):
    run = tmp_path / 'run'
    trainer(synthetic_data, run, epochs=1).run()
    card = export_run(run, synthetic_data, tmp_path / 'mine', 'float16')
    assert card.name == 'mine'
    assert card.labels == ('Left', 'Right')
    assert card.provenance['accuracy']['num_videos'] == 4
    assert not (tmp_path / 'mine.partial').exists()
    figures = tmp_path / 'figures.json'
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'training.evaluate', '--model', str(card.folder),
         '--data', str(synthetic_data), '--split', '1', '--json', str(figures)],
        text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    written = json.loads(figures.read_text())
    assert {'clip_top1', 'clip_top5', 'video_top1', 'video_top5'} <= set(written)
    stated = card.provenance['accuracy']
    assert all(written[k] == pytest.approx(stated[k], abs=1e-4) for k in written)
    assert f'{written["video_top1"]:.1%}' in done.stdout
    assert f'(4 videos; 95 % interval {written["video_top1_low"]:.1%} to ' in done.stdout
    assert 'chance 50.0%' in done.stdout
    for model, words in (
            ('nomodel', "expected the path of a model folder or one of the installed models"),
            (str(tmp_path), 'best.pt: expected a file written by training.train, got no such')):
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'training.evaluate', '--model', model,
             '--data', str(synthetic_data)], text=True, capture_output=True)
        assert done.returncode == 1
        assert words in done.stderr
        assert 'Traceback' not in done.stderr


def test_background_gives_a_score_of_none_and_thresholds(synthetic_data, tmp_path, capsys):
    run, background = tmp_path / 'run', []
    trainer(synthetic_data, run, epochs=1).run()
    for source in ('office', 'hall'):
        write_video(tmp_path / source / 'walk.avi', num_frames=60, size=(80, 40))
        background.append(tmp_path / source)
    card = export_run(run, synthetic_data, tmp_path / 'mine', 'float16', background, 2.0)
    reached = card.provenance['operating_point']
    assert (reached['sources'], reached['allowed_false_per_min']) == (['hall', 'office'], 2.0)
    assert reached['num_actions'] == 2
    assert card.num_logits == 3
    assert len(card.golden.logits[0]) == 3
    # From the folder alone, without the run.
    again = calibrate_folder(card.folder, synthetic_data, tmp_path / 'again', background, 2.0)
    assert again.provenance['operating_point']['num_actions'] == 2
    assert again.provenance['accuracy'] == card.provenance['accuracy']
    assert again.none_score == card.none_score
    print_card(again)
    printed = capsys.readouterr().out
    assert 'of 2 actions found, ' in printed
    assert 'None' not in printed
    reached = again.provenance['operating_point']
    for change, words in (
            ({'num_found': 0, 'delay_median_sec': None}, 'warning: no action is decided at 2 '),
            ({'false_per_min': 3.0}, 'warning: 3.00 false actions per minute are more than the 2'),
            ({'sources': ['hall']}, 'judged on the one source')):
        print_card(replace(again, provenance={
            **again.provenance, 'operating_point': {**reached, **change}}))
        printed = capsys.readouterr()
        assert words in printed.err
        assert 'delay None' not in printed.out
    for rate in (float('nan'), -1.0, float('inf')):
        with pytest.raises(ValueError, match=f'expected 0 or more false actions .*, got {rate}'):
            calibrate_folder(card.folder, synthetic_data, tmp_path / 'again', background, rate)
    # In place and without background, what the model knows of other actions would be gone.
    before = (card.folder / 'model.yaml').read_text()
    with pytest.raises(ValueError, match='expected videos of other actions, .* got none; add'):
        calibrate_folder(card.folder, synthetic_data, card.folder)
    assert (card.folder / 'model.yaml').read_text() == before


def test_calibrate_needs_a_card_that_names_its_data(synthetic_data, tiny_model, tmp_path):
    with pytest.raises(ValueError, match='expected a model that training.export wrote'):
        calibrate_folder(tiny_model.folder, synthetic_data, tmp_path / 'out')


def test_export_warns_of_a_model_that_is_not_above_chance(
        synthetic_data, tmp_path, monkeypatch, capsys):
    run = tmp_path / 'run'
    trainer(synthetic_data, run, epochs=1).run()
    log = capsys.readouterr().out
    # Of two validation videos, whatever is right, the interval holds chance.
    assert re.search(r'video (0|50|100)\.0% \(95 % interval .* to .*%, chance 50\.0%\)', log)
    monkeypatch.setattr(sys, 'argv', [
        'export', str(run), '--data', str(synthetic_data), '--out', str(tmp_path / 'mine')])
    export.main()
    shown = capsys.readouterr().err
    assert 'of 4 test videos is not above chance (95 % interval ' in shown
    assert 'chance 50.0%); the model may have learned nothing, or there are too few' in shown


def test_export_refuses_a_network_that_differs(synthetic_data, tmp_path, monkeypatch):
    run = tmp_path / 'run'
    trainer(synthetic_data, run, epochs=1).run()
    monkeypatch.setattr('training.model_folder.parity.PARITY_BOUND', 0.0)
    with pytest.raises(ParityError, match='expected logits within'):
        export_run(run, synthetic_data, tmp_path / 'mine', 'auto')
    assert not (tmp_path / 'mine').exists()
    assert not (tmp_path / 'mine.partial').exists()


def test_export_stores_float32_where_float16_changes_the_scores(
        synthetic_data, tmp_path, monkeypatch, capsys):
    run = tmp_path / 'run'
    trainer(synthetic_data, run, epochs=1).run()
    half = export_run(run, synthetic_data, tmp_path / 'half', 'auto')
    full = export_run(run, synthetic_data, tmp_path / 'full', 'float32')
    differences = [card.provenance['parity']['max_logit_difference'] for card in (full, half)]
    assert differences[0] < differences[1]
    monkeypatch.setattr('training.model_folder.parity.PARITY_BOUND', sum(differences) / 2)
    mine = export_run(run, synthetic_data, tmp_path / 'mine', 'auto')
    assert mine.weights_sha256 == full.weights_sha256
    assert 'weights in float16 change the scores: expected logits' in capsys.readouterr().err
    with pytest.raises(ParityError, match='expected logits within'):
        export_run(run, synthetic_data, tmp_path / 'asked', 'float16')


def test_parity_reports_a_changed_class():
    trained = np.array([[1.0, 0.0]], np.float32)
    assert check_parity(trained, trained + 0.01)['num_clips'] == 1
    with pytest.raises(ParityError, match='1 changed best'):
        check_parity(trained, trained[:, ::-1])
    with pytest.raises(ParityError):
        check_parity(trained, trained * np.nan)


def test_frozen_parameters_do_not_change(synthetic_data):
    config = RunConfig.from_mapping({
        **TINY, 'frozen': ['layer1.*', 'bn1.*'], 'learning_rate': 0.01}, 'test')
    stream = Stream(config, 2)
    before = {k: v.clone() for k, v in stream.network.state_dict().items()}
    stream.train()
    optimizer = stream.make_optimizer()
    clips = torch.randint(0, 256, (2, 16, 24, 24, 3), dtype=torch.uint8)
    stream({'rgb': clips, 'label': torch.tensor([0, 1])})['loss'].backward()
    optimizer.step()
    after = stream.network.state_dict()
    for name in before:
        frozen = name.startswith(('layer1.', 'bn1.'))
        same = torch.equal(before[name], after[name])
        assert same or not frozen, name
    assert not torch.equal(before['layer2.0.conv1.weight'], after['layer2.0.conv1.weight'])
    with pytest.raises(ValueError, match='matches no parameter'):
        Stream(RunConfig.from_mapping({**TINY, 'frozen': ['head.*']}, 'test'), 2)


@pytest.mark.parametrize(('cached', 'changed_names'), [
    ('features', ('fc.',)), ('maps', ('bn1.', 'layer', 'ce', 'fc.'))])
def test_cached_parameters_do_not_change(synthetic_data, tmp_path, cached, changed_names):
    changes = {'cached_draws': 3, 'cached': cached, 'learning_rate': 0.01, 'epochs': 4,
               'mixup_alpha': 0.0}
    run = trainer(synthetic_data, tmp_path / 'run', **changes)
    before = {k: v.clone() for k, v in run.stream.network.state_dict().items()}
    run.run()
    changed = {k for k, v in run.stream.network.state_dict().items()
               if not torch.equal(v, before[k])}
    assert all(name.startswith(changed_names) for name in changed)
    assert all(any(c.startswith(name) for c in changed) for name in changed_names)
    # Two videos with two clips each. Every epoch uses the next draw; the fourth, the first again.
    assert len(run.dataset) == 4
    stored = sorted(p.name for p in (tmp_path / 'cache').rglob('*.pt'))
    assert stored == ['0.pt', '1.pt', '2.pt', 'validation.pt']


def test_cached_clips_are_those_of_the_epoch(synthetic_data, tmp_path):
    cached = prepared(synthetic_data, tmp_path / 'a', cached_draws=2, learning_rate=1e-9)
    plain = prepared(synthetic_data, tmp_path / 'b')
    network = cached.stream.network.eval()
    for epoch in (0, 1):
        cached.dataset.epoch = plain.dataset.epoch = epoch
        sample, clip = cached.dataset[3], plain.dataset[3]
        with torch.inference_mode():
            expected = network.pool_clip(clip['rgb'][None])[0]
        assert torch.allclose(sample['features'], expected, atol=1e-5)
        assert sample['label'] == clip['label']
    # A second run with the same settings computes nothing again.
    stamps = {p: p.stat().st_mtime_ns for p in (tmp_path / 'cache').rglob('*.pt')}
    prepared(synthetic_data, tmp_path / 'c', cached_draws=2, learning_rate=1e-9)
    assert stamps == {p: p.stat().st_mtime_ns for p in (tmp_path / 'cache').rglob('*.pt')}


def test_a_cache_is_not_shared_by_other_labels_or_data(synthetic_data, tmp_path):
    prepared(synthetic_data, tmp_path / 'a', cached_draws=1)
    data = shutil.copytree(synthetic_data, tmp_path / 'data')
    prepared(data, tmp_path / 'b', cached_draws=1)
    swap_classes(data)
    run = prepared(data, tmp_path / 'c', cached_draws=1)
    assert len(list((tmp_path / 'cache').iterdir())) == 3
    assert [int(run.dataset[i]['label']) for i in range(2)] == [
        video.label for video in run.data.train]


def test_a_new_trainer_writes_and_computes_nothing(synthetic_data, tmp_path):
    run = trainer(synthetic_data, tmp_path / 'run', cached_draws=2, epochs=1)
    assert list(tmp_path.iterdir()) == []
    run.run()
    stamps = {p: p.stat().st_mtime_ns for p in tmp_path.rglob('*') if p.is_file()}
    resumed = trainer(synthetic_data, tmp_path / 'run', cached_draws=2, epochs=1)
    assert resumed.progress.epoch == 1
    assert stamps == {p: p.stat().st_mtime_ns for p in tmp_path.rglob('*') if p.is_file()}


@pytest.mark.parametrize('num_frames', [8, 32])
def test_clips_are_as_long_as_configured(synthetic_data, tmp_path, num_frames):
    run = prepared(synthetic_data, tmp_path / 'run', num_frames=num_frames, epochs=1)
    assert run.dataset[0]['rgb'].shape == (num_frames, 24, 24, 3)
    for video in run.data.validation:
        windows = run.data.windows(run.config, max_clips=None)(video)
        # Videos of group 9 have 66 frames.
        assert windows.shape == (66 // num_frames, num_frames, 24, 24, 3)
    run.run()
    assert read_best(tmp_path / 'run').config.num_frames == num_frames


def test_export_never_overwrites_other_folders(synthetic_data, tmp_path):
    run = tmp_path / 'run'
    trainer(synthetic_data, run, epochs=1).run()
    for out in (run, tmp_path):
        before = sorted(p.name for p in out.iterdir())
        with pytest.raises(ValueError, match='expected a new folder or an earlier model'):
            export_run(run, synthetic_data, out, 'float16')
        assert sorted(p.name for p in out.iterdir()) == before


def test_imagenet_weights_load_all_but_the_new_parts():
    config = RunConfig.from_mapping({'network': 'lite0'}, 'test')
    report = load_imagenet_lite0(make_network(config, 10))
    assert set(report.skipped) == {'fc.weight', 'fc.bias'}
    assert all(name.startswith(('motion', 'ce', 'norm', 'fc')) for name in report.initial)


@pytest.mark.parametrize(('changes', 'message'), [
    ({'epoch': 3}, "unknown settings .'epoch'"), ({'epochs': 0}, 'epochs must be above 0'),
    ({'network': 'vgg'}, 'network must be one of'), ({'dropout': 1.0}, 'dropout must be in'),
    ({'epochs': 'many'}, 'many'), ({'mixup_alpha': -1}, 'mixup_alpha must not be negative')])
def test_wrong_settings_are_reported(changes, message):
    with pytest.raises(ValueError, match=message):
        RunConfig.from_mapping({**TINY, **changes}, 'my.yaml')


@pytest.mark.parametrize('command', [
    ['train', 'run.yaml', '--out', 'run'], ['evaluate', '--model', 'run', '--split', '1']])
def test_a_single_class_is_refused_at_the_start(tmp_path, root, command):
    data = make_data_set(
        tmp_path / 'data', {'trainlist01.txt': ['fall/x'], 'testlist01.txt': ['fall/y']},
        ['fall/x.avi', 'fall/y.avi'])
    (tmp_path / 'run.yaml').write_text(yaml.safe_dump(TINY))
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', f'training.{command[0]}', *command[1:],
         '--data', str(data)], cwd=tmp_path, env={**os.environ, 'PYTHONPATH': str(root)},
        text=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        'expected at least two classes, got fall alone; add a second class, for instance of '
        'people doing something else')
    assert not (tmp_path / 'run').exists()


def test_mixed_precision_needs_a_gpu(synthetic_data, tmp_path):
    with pytest.raises(ValueError, match='bf16-mixed needs a GPU'):
        trainer(synthetic_data, tmp_path, precision='bf16-mixed')


def test_best_model_reads_back(synthetic_data, tmp_path):
    trainer(synthetic_data, tmp_path, epochs=1).run()
    best = read_best(tmp_path)
    assert best.labels == ('Left', 'Right')
    assert best.epoch == 1
    write_best(replace(best, labels=('Left', 'Right', 'Up')), tmp_path)
    with pytest.raises(ValueError, match=r'best.pt: expected weights of .* with 3 classes'):
        load_trained(tmp_path)
    (tmp_path / BEST).unlink()
    with pytest.raises(FileNotFoundError):
        load_trained(tmp_path)
