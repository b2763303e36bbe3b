# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The file of results, and the tables that are filled from it."""

from concurrent.futures import ThreadPoolExecutor
import json
import subprocess
import sys

import pytest
from training.studies.marked_tables import fill_tables, select
from training.studies.result_tables import streams_table
from training.studies.results_file import load_results, record_result
from training.studies.run_result import RunResult

RUN = {
    'study': 'paper', 'name': 'imrs', 'network': 'resnext101', 'stream': 'imrs',
    'excitation': 'ce', 'excitation_stages': None, 'kl_reduction': 'batchmean', 'lambda1': 50.0,
    'lambda2': 200.0, 'split': 1, 'seed': 0, 'clip_top1': 0.5, 'clip_top5': 0.8,
    'video_top1': 0.6, 'video_top5': 0.9, 'validation_video_top1': 0.7, 'epochs': 80,
    'hours': 9.5, 'num_parameters': 47_625_727, 'flow': 'tvl1', 'command': 'python -m x --y "z"'}
RGB = {'stream': 'rgb', 'lambda1': 0.0, 'lambda2': 0.0, 'kl_reduction': None, 'flow': None}


def run(**changes):
    return RunResult.from_mapping({**RUN, **changes}, 'test')


def rgb(**changes):
    return run(**{**RGB, 'name': 'rgb', **changes})


def table(words, *runs):
    """Fill one region and give its lines between the marks, without empty ones."""
    text = fill_tables(f'<!-- table: {words} -->\n<!-- end table -->\n', runs, 'page.md')
    return [line for line in text.splitlines()[1:-1] if line]


def test_results_come_back_in_order(tmp_path):
    path = tmp_path / 'docs' / 'results.json'
    written = [run(excitation_stages=(1, 3)), rgb(validation_video_top1=None), run(split=2)]
    for result in written:
        record_result(path, result)
    assert load_results(path) == written
    assert [p.name for p in path.parent.iterdir()] == ['results.json']
    plain = json.loads(path.read_text())
    assert plain[0] == {**RUN, 'excitation_stages': [1, 3]}
    assert list(plain[0]) == list(RUN)
    assert '    "seed": 0,\n' in path.read_text()


def test_same_run_is_replaced_in_its_place(tmp_path):
    path = tmp_path / 'results.json'
    for result in (run(), run(seed=1), run(study='lite0'), run(name='other'), run(split=3)):
        record_result(path, result)
    record_result(path, run(video_top1=0.75))
    assert [r.video_top1 for r in load_results(path)] == [0.75, 0.6, 0.6, 0.6, 0.6]


def test_runs_recorded_at_once_are_all_kept(tmp_path):
    path = tmp_path / 'results.json'
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: record_result(path, run(seed=seed)), range(40)))
    assert sorted(r.seed for r in load_results(path)) == list(range(40))


@pytest.mark.parametrize(('text', 'words'), [
    ('[{', 'expected JSON'), ('{}', 'expected a list of runs, got dict'),
    ('[3]', 'run 1: expected an object with the keys'),
    (json.dumps([RUN, {**RUN, 'seed': 1, 'sede': 2}]), 'run 2: expected an object'),
    (json.dumps([RUN, {**RUN, 'seed': -1}]), 'run 2: seed must be finite and not negative'),
    (json.dumps([RUN, RUN]), 'once, got .*more than once')])
def test_wrong_file_is_named_and_left_as_it_is(tmp_path, text, words):
    path = tmp_path / 'results.json'
    path.write_text(text)
    with pytest.raises(ValueError, match=f'results.json.*{words}'):
        load_results(path)
    with pytest.raises(ValueError, match=words):
        record_result(path, run(seed=7))
    assert path.read_text() == text
    with pytest.raises(FileNotFoundError):
        load_results(tmp_path / 'none.json')


@pytest.mark.parametrize(('changes', 'words'), [
    ({'stream': 'depth'}, 'stream must be one of'), ({'network': 'vgg'}, 'network must be one'),
    ({'excitation': 'cbam'}, 'excitation must be'), ({'kl_reduction': 'sum'}, 'kl_reduction must'),
    ({'flow': 'farneback'}, 'flow must be one of'),
    ({**RGB, 'stream': 'flow'}, 'flow must be null for'),
    ({**RGB, 'flow': 'dis'}, 'flow must be null for'), ({'split': 4}, 'split must be one of'),
    ({'study': 'two words'}, 'study must be one word'), ({'name': ''}, 'name must be one word'),
    ({'split': '1'}, 'split must be a whole number'), ({'seed': True}, 'seed must be a whole'),
    ({'video_top1': 60.0}, r'video_top1 must be a fraction in \[0, 1\], got 60'),
    ({'clip_top1': float('nan')}, 'clip_top1 must be a fraction'),
    ({'clip_top1': 0.81}, 'clip_top1 must not be above clip_top5'),
    ({'validation_video_top1': 2}, 'validation_video_top1 must be a fraction'),
    ({'hours': float('inf')}, 'hours must be finite'), ({'epochs': 0}, 'epochs must be above 0'),
    ({'lambda2': 0}, 'kl_reduction must be null exactly where lambda2 is 0'),
    ({**RGB, 'lambda1': 50}, 'lambda1 and lambda2 must be 0 for stream rgb'),
    ({'excitation_stages': [5]}, 'excitation_stages of resnext101 are among'),
    ({'network': 'lite0', 'excitation_stages': [3]}, 'excitation_stages of lite0 are among'),
    ({'excitation_stages': []}, 'null for excitation none and not empty'),
    ({'excitation': 'none', 'excitation_stages': [1]}, 'null for excitation none')])
def test_wrong_values_are_named(changes, words):
    with pytest.raises(ValueError, match=words):
        run(**changes)


def test_streams_by_split_with_mean_and_deviation():
    runs = [
        run(split=1, seed=0, video_top1=0.70), run(split=1, seed=1, video_top1=0.74),
        run(split=2, seed=0, video_top1=0.60), run(split=3, seed=0, video_top1=0.68),
        rgb(split=1, seed=0, video_top1=0.5, clip_top1=0.25)]
    # The mean over splits is that of seed 0: (70 + 60 + 68) / 3; 70 and 74 deviate by 2 * sqrt 2.
    assert table('streams study=paper', *reversed(runs)) == [
        'Video top-1, %:',
        '| Stream | Excitation | Network | Split 1 | Split 2 | Split 3 | Mean over splits |',
        '| --- | --- | --- | ---: | ---: | ---: | ---: |',
        '| rgb | ce | resnext101 | 50.0 (1) | – | – | – |',
        '| imrs | ce | resnext101 | 72.0 ± 2.8 (2) | 60.0 (1) | 68.0 (1) | 66.0 (1) |',
        'Clip top-1, %:',
        '| Stream | Excitation | Network | Split 1 | Split 2 | Split 3 | Mean over splits |',
        '| --- | --- | --- | ---: | ---: | ---: | ---: |',
        '| rgb | ce | resnext101 | 25.0 (1) | – | – | – |',
        '| imrs | ce | resnext101 | 50.0 ± 0.0 (2) | 50.0 (1) | 50.0 (1) | 50.0 (1) |']


def test_mean_over_splits_deviates_over_seeds():
    runs = [run(split=split, seed=seed, video_top1=0.5 + 0.1 * seed + 0.01 * split)
            for split in (1, 2, 3) for seed in (0, 1)]
    assert '| 57.0 ± 7.1 (2) |' in streams_table(runs).splitlines()[4]


def test_settings_that_differ_are_never_averaged():
    lines = table('streams', run(), run(name='dis', flow='dis', video_top1=0.4))
    assert lines[1].startswith('| Stream | Excitation | Network | Optical flow | Split 1 |')
    assert lines[3].startswith('| imrs | ce | resnext101 | dis | 40.0 (1) |')
    assert lines[4].startswith('| imrs | ce | resnext101 | tvl1 | 60.0 (1) |')
    with pytest.raises(ValueError, match=r"line 1: .*one seed twice in \['again', 'imrs'\]"):
        table('streams', run(), run(name='again'))


def test_runs_are_compared_by_their_names():
    assert table('names', run(), rgb(), rgb(seed=1, video_top1=0.7)) == [
        '| Run | Video top-1, % | Clip top-1, % |', '| --- | ---: | ---: |',
        '| imrs | 60.0 (1) | 50.0 (1) |', '| rgb | 65.0 ± 7.1 (2) | 50.0 ± 0.0 (2) |']
    assert table('names', rgb(), rgb(split=2), run(network='pose', excitation='none'))[2:] == [
        '| imrs | 1 | 60.0 (1) | 50.0 (1) |', '| rgb | 1 | 60.0 (1) | 50.0 (1) |',
        '| rgb | 2 | 60.0 (1) | 50.0 (1) |']
    with pytest.raises(ValueError, match='one seed twice'):
        table('names', rgb(), rgb())


def test_positions_of_modules():
    lines = table(
        'position', rgb(), rgb(excitation_stages=[4], video_top1=0.3),
        rgb(excitation_stages=[3, 1]), rgb(excitation='none'), rgb(excitation='se'),
        rgb(seed=1, excitation_stages=[1, 2, 3, 4]))
    assert lines == [
        '| Modules | Position | Video top-1, % | Clip top-1, % |', '| --- | --- | ---: | ---: |',
        '| 0 | – | 60.0 (1) | 50.0 (1) |', '| 1 | Res5 | 30.0 (1) | 50.0 (1) |',
        '| 2 | Res2, Res4 | 60.0 (1) | 50.0 (1) |',
        '| 4 | Res2, Res3, Res4, Res5 | 60.0 ± 0.0 (2) | 50.0 ± 0.0 (2) |']


def test_kinds_of_excitation():
    lines = table(
        'excitation excitation_stages=all|none', rgb(num_parameters=47_625_727),
        rgb(excitation='se', num_parameters=48_326_115), rgb(excitation_stages=[1]),
        rgb(excitation='none', num_parameters=47_625_715))
    assert lines == [
        '| Excitation | Parameters | Video top-1, % | Clip top-1, % |',
        '| --- | --- | ---: | ---: |', '| none | 47,625,715 | 60.0 (1) | 50.0 (1) |',
        '| se | 48,326,115 | 60.0 (1) | 50.0 (1) |', '| ce | 47,625,727 | 60.0 (1) | 50.0 (1) |']


def test_streams_of_other_size_do_not_look_alike():
    flow = {'stream': 'flow', 'flow': 'dis', 'num_parameters': 47_622_591, 'video_top1': 0.55}
    lines = table('excitation', rgb(), rgb(name='flow', **flow))
    assert lines[0].startswith('| Excitation | Parameters | Stream | Optical flow | Video')
    assert lines[2].startswith('| ce | 47,622,591 | flow | dis | 55.0 (1) |')
    assert lines[3].startswith('| ce | 47,625,727 | rgb | – | 60.0 (1) |')


def test_grid_of_weights():
    mars = {'stream': 'mars', 'lambda2': 0, 'kl_reduction': None}
    flow = {'stream': 'flow', 'lambda1': 0, 'lambda2': 0, 'kl_reduction': None}
    lines = table(
        'lambda', run(), run(lambda1=5, lambda2=25.0, video_top1=0.1), run(**mars), rgb(),
        run(**flow))
    assert lines[:6] == [
        'Video top-1, %:', '| λ1 | λ2 = 0 | λ2 = 25 | λ2 = 200 |', '| --- | ---: | ---: | ---: |',
        '| 0 | 60.0 (1) | – | – |', '| 5 | – | 10.0 (1) | – |',
        '| 50 | 60.0 (1) | – | 60.0 (1) |']


def test_words_choose_runs():
    runs = [run(), run(split=2), rgb(study='lite0', network='lite0'), run(lambda1=5)]
    assert select(runs, ['study=paper', 'lambda1=50', 'split=1|3'], 'here') == runs[:1]
    assert select(runs, ['kl_reduction=null'], 'here') == runs[2:3]
    assert select(runs, ['stream=rgb|flow'], 'here') == runs[2:3]
    assert table('streams study=other') == [
        'Video top-1, %:', 'No run yet.', 'Clip top-1, %:', 'No run yet.']


def test_words_around_the_tables_stay():
    page = ('# Title\n\nBefore.\n\n<!-- table: position -->\nold\n<!-- end table -->\n\nBetween.\n'
            '  <!-- table: excitation -->\n  <!-- end table -->\nAfter.  \n')
    once = fill_tables(page, [rgb()], 'page.md')
    assert once.startswith('# Title\n\nBefore.\n\n<!-- table: position -->\n\n| Modules |')
    assert 'old' not in once
    assert '|\n\n<!-- end table -->\n\nBetween.\n  <!-- table: excitation -->\n\n| Exc' in once
    assert once.endswith('|\n\n  <!-- end table -->\nAfter.  \n')
    assert fill_tables(once, [rgb()], 'page.md') == once


@pytest.mark.parametrize(('page', 'words'), [
    ('<!-- table: streems -->', "line 1: expected a table of kind streams.*got 'streems'"),
    ('<!-- table: -->', 'line 1: expected a table of kind'),
    ('\n<!-- table: streams -->\n', 'line 2: expected `<!-- end table -->` below, got none'),
    ('<!-- table: streams -->\n<!-- table: streams -->', 'line 2: .*that of line 1 is open'),
    ('<!-- end table -->', 'line 1: expected .* in turn'),
    ('<!-- table: streams stduy=paper -->', "line 1: expected key=value.*got 'stduy=paper'"),
    ('<!-- table: streams study -->', "line 1: expected key=value.*got 'study'")])
def test_wrong_marks_are_named(page, words):
    with pytest.raises(ValueError, match=f'page.md, {words}'):
        fill_tables(page, [run()], 'page.md')


def test_command_fills_a_page(tmp_path):
    record_result(tmp_path / 'results.json', rgb(split=3))
    page = tmp_path / 'results.md'
    page.write_text('Words.\n<!-- table: streams study=paper -->\n<!-- end table -->\n')
    done = subprocess.run(
        [sys.executable, '-m', 'training.fill_tables', tmp_path / 'results.json', page],
        text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert '| rgb | ce | resnext101 | – | – | 60.0 (1) | – |' in page.read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ['results.json', 'results.md']
