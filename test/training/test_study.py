# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A study: how it expands, which runs are trained and recorded, and what a failure stops."""

import io
import json
from pathlib import Path
import re
import subprocess
import sys
from threading import Event

import pytest
from training.clips.extract_settings import ExtractSettings
from training.extract import extract
from training.studies.plan import read_study
from training.studies.results_file import load_results, record_result
from training.studies.run_result import RunResult
from training.studies.runner import EPOCH, StudyRunner
from training.studies.schedule import run_all, without_recorded
import yaml

STUDY = {
    'study': 'tiny',
    'base': {'network': 'resnet18', 'width': 0.125, 'size_px': 24, 'num_frames': 8, 'epochs': 1,
             'batch_size': 4, 'clips_per_video': 4, 'validation_groups': [9]},
    'splits': {1: {'seed': 7}},
    'runs': {'flow': {'stream': 'flow'}, 'rgb': {}, 'imrs': {'teachers': ['flow']}},
    'trials': [{'runs': ['imrs', 'rgb'], 'splits': [1], 'seeds': [0]}],
    'grids': [{'run': 'imrs', 'axes': {'lambda1': [1, 2], 'excitation_stages': [[1, 2]]},
               'splits': [1], 'seeds': [3]}]}


def write(folder, **changes):
    path = folder / 'study.yaml'
    path.write_text(yaml.safe_dump({**STUDY, **changes}, sort_keys=False))
    return path


def test_teachers_come_first_and_once(tmp_path):
    runs = read_study(write(tmp_path))
    assert [run.folder for run in runs] == [
        'tiny-flow-split1-seed0', 'tiny-imrs-split1-seed0', 'tiny-rgb-split1-seed0',
        'tiny-flow-split1-seed3', 'tiny-imrs-lambda1=1-excitation_stages=12-split1-seed3',
        'tiny-imrs-lambda1=2-excitation_stages=12-split1-seed3']
    assert runs[1].config.teachers == ('tiny-flow-split1-seed0',)
    assert [run.stream for run in runs[:3]] == ['flow', 'imrs', 'rgb']
    assert runs[0].config.seed == 0, 'the trial names the seed'
    assert runs[4].config.lambda1 == 1
    assert runs[4].config.excitation_stages == (1, 2)


def test_teachers_of_another_study_are_not_trained_again(tmp_path):
    runs = read_study(write(tmp_path, runs={'imrs': {'teachers': ['paper/flow']}}, grids=[],
                            trials=[{'runs': ['imrs'], 'splits': [1], 'seeds': [2]}]))
    assert [run.folder for run in runs] == ['tiny-imrs-split1-seed2']
    assert runs[0].config.teachers == ('paper-flow-split1-seed2',)


def test_a_run_goes_on_from_another_and_imitates_a_model_folder(tmp_path):
    model = tmp_path / 'models' / 'mine'
    model.mkdir(parents=True)
    (model / 'model.yaml').touch()
    further = {'pretrained': 'rgb', 'teachers': [str(model), 'flow']}
    runs = read_study(write(
        tmp_path, runs={**STUDY['runs'], 'further': further}, grids=[],
        trials=[{'runs': ['further'], 'splits': [1], 'seeds': [2]}]))
    assert [run.name for run in runs] == ['flow', 'rgb', 'further']
    assert runs[2].config.teachers == (str(model), 'tiny-flow-split1-seed2')
    assert runs[2].config.pretrained == runs[2].starts_from == 'tiny-rgb-split1-seed2'
    assert [run.starts_from for run in runs[:2]] == [None, None]


def test_only_some_runs(tmp_path):
    names = [run.name for run in read_study(write(tmp_path), ['imrs'])]
    assert names == ['flow', 'imrs']
    with pytest.raises(ValueError, match=r"expected a run named \['nothing'\]"):
        read_study(write(tmp_path), ['imrs', 'nothing'])


@pytest.mark.parametrize(('changes', 'words'), [
    ({'trials': [{'runs': ['vgg'], 'splits': [1], 'seeds': [0]}]}, "got 'vgg'"),
    ({'trials': [{'runs': ['rgb'], 'seeds': [0]}]}, "near 'splits'"),
    ({'runs': {'rgb': {'epochs': 0}}, 'grids': [],
      'trials': [{'runs': ['rgb'], 'splits': [1], 'seeds': [0]}]}, 'epochs must be above 0'),
    ({'extra': 1}, 'expected a mapping with')])
def test_wrong_studies_are_named(tmp_path, changes, words):
    with pytest.raises(ValueError, match=words):
        read_study(write(tmp_path, **changes))


def test_shipped_studies_expand(root):
    for path in sorted((root / 'training' / 'studies').glob('*.yaml')):
        assert read_study(path)


def result(run):
    return RunResult(
        study=run.study, name=run.name, network='resnet18', stream=run.stream, excitation='ce',
        excitation_stages=None, kl_reduction='mean' if run.stream == 'imrs' else None,
        lambda1=50.0 * (run.stream == 'imrs'), lambda2=200.0 * (run.stream == 'imrs'),
        split=run.config.split, seed=run.config.seed, clip_top1=.5, clip_top5=.9, video_top1=.5,
        video_top5=.9, validation_video_top1=None, epochs=1, hours=.1, num_parameters=1,
        flow=None if run.stream == 'rgb' else 'dis', command='none')


def test_a_failed_teacher_stops_its_students_alone(tmp_path):
    runs = read_study(write(tmp_path))
    started = []

    def run_one(run, show):
        started.append(run.folder)
        if run.folder == 'tiny-flow-split1-seed0':
            raise RuntimeError('no loss')
        return result(run)

    failures = run_all(runs, run_one, tmp_path / 'results.json', 2)
    assert failures == ['no loss', 'tiny-imrs-split1-seed0: its teacher failed']
    assert 'tiny-imrs-split1-seed0' not in started
    recorded = {r.name for r in load_results(tmp_path / 'results.json')}
    assert recorded == {'flow', 'rgb', 'imrs-lambda1=1-excitation_stages=12',
                        'imrs-lambda1=2-excitation_stages=12'}
    assert started.index('tiny-flow-split1-seed3') < started.index(
        'tiny-imrs-lambda1=1-excitation_stages=12-split1-seed3')


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(('make', 'expected'), [
    (Terminal, ['1/8 ', '2/8 ', '3/8 ', '6/8 ', '8/8 ']), (io.StringIO, [])])
def test_the_bar_moves_with_the_epochs_of_runs_at_the_same_time(
        tmp_path, monkeypatch, make, expected):
    runs = read_study(write(
        tmp_path, base={**STUDY['base'], 'epochs': 4}, grids=[],
        trials=[{'runs': ['rgb'], 'splits': [1], 'seeds': [0, 1]}]))
    turns = [Event(), Event(), Event()]

    def run_one(run, show):
        if run.config.seed == 0:
            show(1)
            turns[0].set()
            turns[1].wait(30)
            show(2)
            turns[2].set()
        else:
            turns[0].wait(30)
            show(1)
            turns[1].set()
            turns[2].wait(30)
            raise RuntimeError('no loss')
        return result(run)

    screen = make()
    monkeypatch.setattr(sys, 'stderr', screen)
    assert run_all(runs, run_one, tmp_path / 'results.json', 2) == ['no loss']
    shown = re.findall(r'(\d+/8 )\[', screen.getvalue())
    assert list(dict.fromkeys(word for word in shown if word != '0/8 '))[:3] == expected[:3]
    assert {'8/8 '} & set(shown) == set(expected[-1:])
    if expected:
        assert '2/2 runs' in screen.getvalue()


def test_recorded_runs_are_left_out_but_not_the_teachers_of_others(tmp_path):
    runs = read_study(write(tmp_path))
    results = tmp_path / 'results.json'
    assert without_recorded(runs, results) == runs
    for run in runs[:5]:
        record_result(results, result(run))
    assert [run.folder for run in without_recorded(runs, results)] == [
        'tiny-flow-split1-seed3', 'tiny-imrs-lambda1=2-excitation_stages=12-split1-seed3']


def test_the_command_trains_measures_and_fills_tables(synthetic_data, tmp_path):
    frames = tmp_path / 'frames'
    extract(synthetic_data / 'videos', frames, ExtractSettings(short_side_px=32, flow='dis'))
    tables = tmp_path / 'results.md'
    tables.write_text(
        '# R\n<!-- table: streams study=tiny name=flow|rgb|imrs -->\n<!-- end table -->\n')
    runs = {**STUDY['runs'], 'further': {'pretrained': 'rgb', 'teachers': ['rgb', 'flow']}}
    trials = [{'runs': ['imrs', 'rgb', 'further'], 'splits': [1], 'seeds': [0]}]
    study = write(tmp_path, grids=[], runs=runs, trials=trials,
                  fusions={'imrs+rgb': ['imrs', 'rgb']})
    command = [
        sys.executable, '-W', 'ignore', '-m', 'training.study', str(study),
        '--data', str(synthetic_data), '--frames', str(frames),
        '--out', str(tmp_path / 'runs'), '--results', str(tmp_path / 'results.json'),
        '--tables', str(tables), '--jobs', '2']
    done = subprocess.run(command, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    recorded = {r.name: r for r in load_results(tmp_path / 'results.json')}
    assert set(recorded) == {'flow', 'rgb', 'imrs', 'further', 'imrs+rgb'}
    assert recorded['further'].stream == 'imrs'
    assert recorded['imrs+rgb'].num_parameters == 2 * recorded['rgb'].num_parameters
    assert recorded['imrs'].flow == 'dis'
    assert recorded['rgb'].lambda1 == 0
    figures = json.loads(Path(tmp_path / 'runs' / 'tiny-rgb-split1-seed0' / 'test.json')
                         .read_text())
    assert recorded['rgb'].video_top1 == pytest.approx(figures['video_top1'], abs=1e-4)
    assert '| imrs |' in tables.read_text()
    assert '| imrs |' in done.stdout
    log = (tmp_path / 'runs' / 'tiny-rgb-split1-seed0' / 'log.txt').read_text()
    assert EPOCH.findall(log) == ['1'], 'what moves the bar'
    assert done.stderr == '', 'progress bars belong on a terminal, not in a log'
    runner = StudyRunner(
        data=synthetic_data, frames=frames, out=tmp_path / 'runs', num_threads=1)
    (tmp_path / 'changed').mkdir()
    changed = read_study(write(
        tmp_path / 'changed', grids=[], base={**STUDY['base'], 'learning_rate': 0.5}))
    with pytest.raises(ValueError, match=r"differs in \['learning_rate'\]; give the run another"):
        runner.train(changed[0], print)
    for teachers in (['rgb'], ['rgb', 'flow', 'flow']):
        others = {**runs, 'further': {**runs['further'], 'teachers': teachers}}
        changed = read_study(write(tmp_path / 'changed', grids=[], runs=others, trials=trials))
        with pytest.raises(ValueError, match=r"differs in \['teachers'\]; give the run another"):
            runner.train(changed[-1], print)
    # A second time, nothing is trained again.
    stamp = (tmp_path / 'runs' / 'tiny-rgb-split1-seed0' / 'best.pt').stat().st_mtime_ns
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert stamp == (
        tmp_path / 'runs' / 'tiny-rgb-split1-seed0' / 'best.pt').stat().st_mtime_ns
