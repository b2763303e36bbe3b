# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Flow teachers, students and their evaluation, on synthetic videos."""

from dataclasses import replace
import json
import os
import shutil
import socket
import subprocess
import sys

from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.networks.weights import load_network
import numpy as np
import pytest
import torch
from training.clips.extract_settings import ExtractSettings
from training.clips.folder_extraction import extract
from training.clips.run_data import RunData
from training.config import RunConfig
from training.learning.run_state import LAST, read_best, read_saved, write_best
from training.learning.stream import Stream
from training.learning.teacher import POSE_DEVIATION, Teacher
from training.learning.trainer import Trainer
from training.scoring.scored_model import fuse
import yaml

LABELS = ('Left', 'Right')
TINY = {
    'network': 'resnet18', 'width': 0.125, 'size_px': 24, 'epochs': 1, 'batch_size': 4,
    'validation_groups': [9], 'clips_per_video': 4, 'dropout': 0.0, 'num_frames': 8,
    'label_smoothing': 0.0}


@pytest.fixture(scope='module')
def frames(synthetic_data, tmp_path_factory):
    """Extract frames and flow of the synthetic videos."""
    out = tmp_path_factory.mktemp('frames')
    settings = ExtractSettings(short_side_px=40, flow='dis', flow_short_side_px=32)
    assert extract(synthetic_data / 'videos', out, settings, num_jobs=2) == []
    return out


def prepared(data, frames, folder, **changes):
    config = RunConfig.from_mapping({**TINY, **changes}, 'test')
    run = Trainer(config, RunData.read(config, data, frames), folder)
    run.prepare()
    return run


@pytest.fixture(scope='module')
def teacher_run(synthetic_data, frames, tmp_path_factory):
    """Train a flow stream."""
    folder = tmp_path_factory.mktemp('runs') / 'flow'
    prepared(synthetic_data, frames, folder, stream='flow').run()
    return folder


def test_clips_of_both_streams_match(synthetic_data, frames, tmp_path, teacher_run):
    run = prepared(synthetic_data, frames, tmp_path / 'run', teachers=[str(teacher_run)],
                   colour_jitter=0.0, size_px=32)
    directions = []
    for index in range(len(run.dataset)):
        sample = run.dataset[index]
        assert sample['rgb'].shape == (8, 32, 32, 3)
        assert sample['flow'].shape == (8, 24, 24, 2)
        # A square moves right or, mirrored, left; it must do so in both streams.
        centres = [float(frame.nonzero()[:, 1].float().mean())
                   for frame in sample['rgb'].float().mean(-1) > 130]
        steps = np.diff(centres)
        if np.isfinite(steps).all() and np.abs(steps).max() < 6:
            moved = (sample['flow'][..., 0].float() - 127.5).sum().item()
            directions.append((np.sign(np.median(steps)), np.sign(moved)))
    assert len(directions) >= 4
    assert set(directions) == {(1, 1), (-1, -1)}


def test_student_learns_from_the_teacher(synthetic_data, frames, tmp_path, teacher_run):
    run = prepared(synthetic_data, frames, tmp_path / 'run', teachers=[str(teacher_run)],
                   epochs=3, learning_rate=0.003, optimizer='adamw')
    frozen = {k: v.clone() for k, v in run.teacher.state_dict().items()}
    first = run._train_epoch()
    assert {'loss', 'cross_entropy', 'mse', 'kl'} == set(first)
    assert first['loss'] == pytest.approx(
        first['cross_entropy'] + 50 * first['mse'] + 200 * first['kl'], rel=1e-4)
    for _ in range(5):
        last = run._train_epoch()
    assert last['mse'] < first['mse']
    after = run.teacher.state_dict()
    assert all(torch.equal(after[name], value) for name, value in frozen.items())
    assert not any(name.startswith(('teacher', '_teacher')) for name in run.stream.state_dict())


def test_projection_only_where_widths_differ(synthetic_data, teacher_run):
    teacher = Teacher([teacher_run], LABELS, 24)
    both = Teacher([teacher_run, teacher_run], LABELS, 24)
    config = RunConfig.from_mapping({**TINY, 'teachers': [str(teacher_run)]}, 'test')
    wider = replace(config, width=0.25)
    assert sum(p.numel() for p in Stream(config, 2, teacher).projections.parameters()) == 0
    assert [p.weight.shape for p in Stream(wider, 2, both).projections] == 2 * [(64, 128)]
    clips = {'flow': torch.randint(0, 256, (2, 8, 24, 24, 2), dtype=torch.uint8)}
    assert torch.equal(both(clips)[:, :64], teacher(clips))
    assert torch.equal(both(clips)[:, 64:], teacher(clips))
    with pytest.raises(ValueError, match='expected a teacher of the classes'):
        Teacher([teacher_run], ('Up', 'Down'), 24)


def test_distances_from_two_teachers_add_up(teacher_run):
    labels_N = torch.tensor([0, 1])
    batch = {'rgb': torch.randint(0, 256, (2, 8, 24, 24, 3), dtype=torch.uint8),
             'flow': torch.randint(0, 256, (2, 8, 24, 24, 2), dtype=torch.uint8)}
    terms = []
    for count in (1, 2):
        teacher = Teacher(count * [teacher_run], LABELS, 24)
        config = RunConfig.from_mapping({**TINY, 'teachers': count * [str(teacher_run)]}, 'test')
        torch.manual_seed(0)
        with torch.inference_mode():
            terms.append(Stream(config, 2, teacher).eval()({**batch, 'label': labels_N}))
    assert terms[1]['mse'] == pytest.approx(2 * terms[0]['mse'].item(), rel=1e-5)
    assert terms[1]['kl'] == pytest.approx(2 * terms[0]['kl'].item(), rel=1e-5)


def pose_settings(**changes):
    return {**TINY, 'network': 'pose', 'excitation': 'none', 'width': 1.0,
            'pretrained': 'movenet', 'size_px': 64, 'cached_draws': 1, 'optimizer': 'adamw',
            **changes}


@pytest.fixture(scope='module')
def pose_run(synthetic_data, tmp_path_factory):
    """Train a stream of poses; it needs no extracted frames."""
    folder = tmp_path_factory.mktemp('poses') / 'pose'
    prepared(synthetic_data, None, folder, **pose_settings()).run()
    return folder


def test_a_pose_stream_learns_its_classifier_alone(synthetic_data, tmp_path):
    run = prepared(synthetic_data, None, tmp_path / 'run', **pose_settings(dropout=0.25))
    network = run.stream.network
    before = {k: v.clone() for k, v in network.state_dict().items()}
    run._train_epoch()
    changed = {name.split('.')[0] for name, value in network.state_dict().items()
               if not torch.equal(before[name], value)}
    assert changed == {'norm', 'classifier'}
    clip = torch.randint(0, 256, (1, 8, 64, 64, 3), dtype=torch.uint8)
    with torch.inference_mode():
        network.eval()
        pose_ND = network.norm(network.pool_clip(clip))
        members = network.classifier.logits(pose_ND[None].expand(5, -1, -1))
        mean = members[..., :2].softmax(dim=2).mean(dim=0)
        assert torch.allclose(network(clip).softmax(dim=1), mean, atol=1e-6)
    assert run.dataset[0]['features'].shape == (network.feature_dim,)


def test_a_student_imitates_flow_and_poses(
    synthetic_data, frames, tmp_path, teacher_run, pose_run,
):
    teachers = [str(teacher_run), str(pose_run)]
    run = prepared(synthetic_data, frames, tmp_path / 'cached', size_px=64, teachers=teachers,
                   cached_draws=1, cached='maps', optimizer='adamw', learning_rate=0.003)
    plain = prepared(synthetic_data, frames, tmp_path / 'plain', size_px=64, teachers=teachers)
    dims = run.teacher.feature_dims
    assert dims == (64, 640)
    sample, clips = run.dataset[1], plain.dataset[1]
    assert torch.allclose(sample['teacher'], plain.teacher(
        {stream: clips[stream][None] for stream in ('rgb', 'flow')})[0], atol=1e-3)
    rows = torch.stack([run.dataset[i]['teacher'] for i in range(len(run.dataset))])
    assert rows[:, 64:].std(dim=0).max() > 0
    scaled = run.stream.scale(rows)
    assert torch.equal(scaled[:, :64], rows[:, :64])
    lively = rows[:, 64:].std(dim=0) > 0
    assert torch.allclose(scaled[:, 64:].mean(dim=0), torch.zeros(640), atol=1e-4)
    assert torch.allclose(
        scaled[:, 64:].std(dim=0)[lively], torch.tensor(POSE_DEVIATION), atol=1e-4)
    assert scaled.isfinite().all()
    for mine, other in ((run, plain), (plain, run)):
        assert torch.allclose(mine.stream.scale.factor_D, other.stream.scale.factor_D, rtol=0.1)
    first = run._train_epoch()
    for _ in range(5):
        last = run._train_epoch()
    assert last['mse'] < first['mse']


def test_descriptions_of_poses_are_computed_once(synthetic_data, tmp_path, pose_run):
    settings = {'size_px': 64, 'cached_draws': 1, 'cached': 'maps'}
    folder = tmp_path / 'runs'
    prepared(synthetic_data, None, folder / 'pose', **pose_settings()).run()
    before = set((folder / 'cache').iterdir())
    prepared(synthetic_data, None, folder / 'student', teachers=[str(folder / 'pose')], **settings)
    # The student's maps are new; the poses are those of its teacher's own clips.
    assert len(set((folder / 'cache').iterdir()) - before) == 1


def test_a_student_goes_on_from_a_run_and_keeps_what_it_knows(
    synthetic_data, frames, tmp_path, teacher_run,
):
    first = tmp_path / 'first'
    prepared(synthetic_data, frames, first, teachers=[str(teacher_run)]).run()
    trained = read_best(first).state
    run = prepared(synthetic_data, None, tmp_path / 'further', pretrained=str(first),
                   teachers=[str(first)])
    state = run.stream.network.state_dict()
    assert all(torch.equal(state[name], value) for name, value in trained.items())
    sample = run.dataset[0]
    with torch.inference_mode():
        losses = run.stream.eval()({'rgb': sample['rgb'][None], 'label': sample['label'][None]})
    assert losses['mse'] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(ValueError, match='expected the network that the settings describe'):
        prepared(synthetic_data, None, tmp_path / 'wider', pretrained=str(first), width=0.25)
    with pytest.raises(ValueError, match=r"sees the student's frames, 32 px, got one of 24 px"):
        prepared(synthetic_data, None, tmp_path / 'larger', teachers=[str(first)], size_px=32)


def test_a_model_folder_is_trained_further_for_other_classes(synthetic_data, tmp_path):
    run = prepared(synthetic_data, None, tmp_path / 'run', network='lite0', width=1.0,
                   pretrained=str(find_model('ucf10')), cached_draws=1, cached='maps', size_px=64)
    trained = load_network(ModelCard.load(find_model('ucf10'))).state_dict()
    state = run.stream.network.state_dict()
    assert state['fc.weight'].shape[0] == 2
    other = {name for name, value in state.items() if not torch.equal(value, trained[name])}
    assert other == {'fc.weight', 'fc.bias'}
    with pytest.raises(ValueError, match='expected a teacher of the classes'):
        Teacher([find_model('ucf10')], LABELS, 224)


def test_the_last_epoch_is_chosen_where_validation_says_nothing(synthetic_data, tmp_path):
    chosen = {}
    for kind in ('best', 'last'):
        prepared(synthetic_data, None, tmp_path / kind, epochs=2, learning_rate=1e-9,
                 chosen_epoch=kind).run()
        chosen[kind] = read_best(tmp_path / kind).epoch
    assert chosen == {'best': 1, 'last': 2}


@pytest.mark.parametrize('changes', [
    {'pretrained': None}, {'stream': 'flow'}, {'teachers': ['flow']}, {'network': 'resnet18'},
    {'excitation': 'ce'}])
def test_a_pose_stream_is_a_teacher_of_rgb(changes):
    with pytest.raises(ValueError, match='network pose must be a teacher of RGB'):
        RunConfig.from_mapping({**pose_settings(), **changes}, 'test')


def test_cached_teacher_features_are_correct(synthetic_data, frames, tmp_path, teacher_run):
    cached = prepared(synthetic_data, frames, tmp_path / 'a', teachers=[str(teacher_run)],
                      cached_draws=1, cached='maps')
    plain = prepared(synthetic_data, frames, tmp_path / 'b', teachers=[str(teacher_run)])
    sample, clip = cached.dataset[1], plain.dataset[1]
    assert torch.allclose(
        sample['teacher'], plain.teacher({'flow': clip['flow'][None]})[0], atol=1e-5)
    assert set(cached._train_epoch()) == {'loss', 'cross_entropy', 'mse', 'kl'}


def test_seeds_share_a_cache(synthetic_data, frames, tmp_path):
    one, two = (prepared(synthetic_data, frames, tmp_path / str(seed), seed=seed, cached_draws=1,
                         cached='maps') for seed in (1, 2))
    assert torch.equal(one.dataset[3]['maps'], two.dataset[3]['maps'])
    assert len(list((tmp_path / 'cache').iterdir())) == 1
    assert not torch.equal(one.stream.network.fc.weight, two.stream.network.fc.weight)


def test_cache_changes_with_the_teacher(synthetic_data, frames, tmp_path, teacher_run):
    folder = tmp_path / 'teacher'
    shutil.copytree(teacher_run, folder)

    def cached(name):
        dataset = prepared(synthetic_data, frames, tmp_path / name, teachers=[str(folder)],
                           cached_draws=1, cached='maps').dataset
        return dataset[0]['teacher']

    before, model = cached('a'), read_best(folder)
    write_best(replace(model, state={
        k: 2 * v if v.is_floating_point() else v for k, v in model.state.items()}), folder)
    assert not torch.equal(cached('b'), before)


def test_all_streams_sample_the_same_clips(synthetic_data, frames, tmp_path, teacher_run):
    both = prepared(synthetic_data, frames, tmp_path / 'b', teachers=[str(teacher_run)]).dataset
    alone = prepared(synthetic_data, frames, tmp_path / 'c').dataset
    for index in range(len(both)):
        assert torch.equal(both[index]['rgb'], alone[index]['rgb'])
        assert torch.equal(both[index]['flow'], both.only('flow')[index]['flow'])


def test_flow_needs_extracted_frames(synthetic_data, frames):
    config = RunConfig.from_mapping({**TINY, 'stream': 'flow'}, 'test')
    with pytest.raises(ValueError, match='need extracted flow'):
        RunData.read(config, synthetic_data, None)
    slow = RunConfig.from_mapping({**TINY, 'fps': 12.5}, 'test')
    with pytest.raises(ValueError, match=r'expected frames at 12\.5 Hz, got 25'):
        RunData.read(slow, synthetic_data, frames)


def test_parts_of_a_batch_add_up(synthetic_data, frames, tmp_path):
    # Without batch statistics, a batch in parts must give the same step as the whole.
    def step(folder, num_parts):
        run = prepared(synthetic_data, frames, tmp_path / folder, num_parts=num_parts,
                       optimizer='sgd', learning_rate=0.1, ema_decay=0.0,
                       frozen=['bn1.*', '*.bn?.*', '*.downsample.1.*'])
        losses = run._train_epoch()
        return losses, run.stream.state_dict()

    (whole, state), (parts, parted_state) = step('one', 1), step('two', 2)
    assert parts['loss'] == pytest.approx(whole['loss'], rel=1e-5)
    for name, value in state.items():
        assert torch.allclose(value, parted_state[name], atol=1e-5), name


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


def test_two_processes_give_the_loss_of_one(synthetic_data, frames, tmp_path, teacher_run):
    config = tmp_path / 'run.yaml'
    config.write_text(yaml.safe_dump({
        **TINY, 'epochs': 2, 'num_parts': 2, 'teachers': [str(teacher_run)], 'optimizer': 'sgd',
        'learning_rate': 0.01}))

    def train(devices):
        folder = tmp_path / f'devices{devices}'
        done = subprocess.run(
            [sys.executable, '-W', 'ignore', '-m', 'training.train', str(config), '--data',
             str(synthetic_data), '--frames', str(frames), '--out', str(folder),
             '--accelerator', 'cpu', '--devices', str(devices), '--workers', '0'],
            text=True, capture_output=True,
            env={**os.environ, 'OMP_NUM_THREADS': '1', 'MASTER_PORT': str(free_port())})
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith('epoch')]
        assert len(lines) == 2, done.stdout
        losses = [float(line.split('  loss ')[1].split()[0]) for line in lines]
        return losses, read_saved(folder / LAST)['stream']

    (one, state), (two, shared_state) = train(1), train(2)
    assert two == pytest.approx(one, rel=1e-3)
    for name, value in state.items():
        if 'running_' not in name and 'num_batches' not in name:
            assert torch.allclose(value, shared_state[name], atol=1e-4), name


def test_evaluate_and_fuse(synthetic_data, frames, tmp_path, teacher_run):
    rgb = tmp_path / 'rgb'
    prepared(synthetic_data, frames, rgb).run()
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'training.evaluate', '--model', str(rgb),
         str(teacher_run), '--data', str(synthetic_data), '--frames', str(frames), '--json',
         str(tmp_path / 'fused.json'), '--confusion', str(tmp_path / 'confusion.png')],
        text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert 'fused:' in done.stdout
    assert 'GFLOP' in done.stdout
    assert '| Left |' in done.stdout
    assert json.loads((tmp_path / 'fused.json').read_text())['num_videos'] == 4
    assert (tmp_path / 'confusion.png').read_bytes().startswith(b'\x89PNG')
    refused = subprocess.run(
        [sys.executable, '-W', 'ignore', '-m', 'training.evaluate', '--model', str(rgb), '--data',
         str(synthetic_data), '--split', '9'], text=True, capture_output=True)
    assert refused.returncode == 1
    assert refused.stderr.startswith('evaluate: ')


def test_fusion_averages_probabilities():
    first = [np.array([[2.0, 0.0], [0.0, 0.0]], np.float32)]
    second = [np.array([[0.0, 4.0]], np.float32)]
    (fused,) = fuse([first, second])
    p, q = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(4))
    assert np.exp(fused) == pytest.approx(np.array([[(p + q) / 2, 1 - (p + q) / 2]]), rel=1e-5)


def test_a_full_step_of_the_papers_network(tmp_path):
    torch.manual_seed(0)
    settings = {'network': 'resnext101', 'num_frames': 16, 'size_px': 112,
                'validation_groups': [1], 'optimizer': 'sgd', 'learning_rate': 0.1}
    config = RunConfig.from_mapping({**settings, 'teachers': ['flow']}, 'test')
    flow = RunConfig.from_mapping({**settings, 'stream': 'flow'}, 'test')
    from training.learning.networks import make_network
    from training.learning.run_state import TrainedModel, write_best
    labels = tuple(f'class {i}' for i in range(51))
    write_best(TrainedModel(
        config=flow, labels=labels, state=make_network(flow, 51).state_dict(), epoch=1,
        validation_top1=0.0), tmp_path)
    stream = Stream(config, 51, Teacher([tmp_path], labels, 112)).train()
    assert sum(p.numel() for p in stream.network.parameters()) == 47_625_727
    batch = {'rgb': torch.randint(0, 256, (2, 16, 112, 112, 3), dtype=torch.uint8),
             'flow': torch.randint(0, 256, (2, 16, 112, 112, 2), dtype=torch.uint8),
             'label': torch.tensor([3, 50])}
    optimizer = stream.make_optimizer()
    before = stream.network.conv1.weight.clone()
    losses = stream(batch)
    losses['loss'].backward()
    optimizer.step()
    assert all(torch.isfinite(loss) and loss > 0 for loss in losses.values())
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in stream.parameters())
    assert not torch.equal(before, stream.network.conv1.weight)
