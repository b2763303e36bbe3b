# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Whole evaluations with a small model: inputs, reports and errors."""

from dataclasses import replace
from datetime import date
import json
import os
import subprocess
import sys

from imrs_ros.evaluation.command import main, without_ros_arguments
from imrs_ros.evaluation.compare import changes
from imrs_ros.evaluation.ground_truth.annotation import Annotation
from imrs_ros.evaluation.ground_truth.annotation_file import read_annotations
from imrs_ros.evaluation.jobs import evaluate_all
from imrs_ros.evaluation.metrics.figure import FIGURES
from imrs_ros.evaluation.metrics.figure_table import summary
from imrs_ros.evaluation.offline.recording_result import evaluate_recording, track_of
from imrs_ros.evaluation.recordings.recording import RecordingError
from imrs_ros.evaluation.report.build import build_report
from imrs_ros.evaluation.report.files import read_report, write_report
from imrs_ros.parameter_file import read_settings
from imrs_ros.settings import SettingsError
import numpy as np
import pytest
from sample_recordings import camera_frames, EAGER, make_job, SEC, START_NS, TOPIC, write_bag
from samples import write_video
import yaml


@pytest.fixture(scope='module')
def bag(tmp_path_factory):
    """Return three seconds of noise on one topic; not to be changed."""
    return write_bag(tmp_path_factory.mktemp('bags') / 'walk', list(camera_frames(75)))


@pytest.fixture
def params(tiny_card, tmp_path):
    """Return a parameter file of the tiny model."""
    path = tmp_path / 'recognizer.yaml'
    path.write_text(yaml.safe_dump({'recognizer': {'ros__parameters': {
        'model': str(tiny_card.folder), 'hop': 10, **EAGER, 'use_sim_time': True}}}))
    return path


def evaluate(path, card, **changes):
    return evaluate_recording(path, make_job(card, **changes))


def test_windows_lie_where_the_hop_says_and_counts_add_up(bag, tiny_card):
    result = evaluate(bag, tiny_card, hop=10)
    (camera, track), = result.cameras
    assert (track.times_N / 1e9).round(2).tolist() == [0.6, 1.0, 1.4, 1.8, 2.2, 2.6]
    assert (camera.num_frames, camera.num_restarts, camera.num_skipped) == (75, 0, 0)
    assert set(track.decided_labels) <= set(tiny_card.labels)
    assert track.annotated is None
    assert min(camera.thumbnails.values()).startswith(b'\xff\xd8')


def test_scores_are_those_of_a_recognizer_fed_by_hand(bag, tiny_card):
    from imrs_ros.backends import load_backend
    from imrs_ros.recognizer import Recognizer
    job = make_job(tiny_card)
    recognizer = Recognizer(tiny_card, load_backend(tiny_card, job.settings.backend).backend,
                            ['x'], window=job.settings.window, decision=job.settings.decision)
    expected = []
    for _, frame in camera_frames(75):
        recognizer.push('x', frame)
        expected += [d.probabilities_K for d in recognizer.step()]
    (_, track), = evaluate(bag, tiny_card).cameras
    assert np.array_equal(track.probabilities_NK, np.stack(expected))


def test_two_runs_write_the_same_and_processes_too(bag, tiny_card, tmp_path):
    other = write_bag(tmp_path / 'other', list(camera_frames(40)), storage='sqlite3')
    job = make_job(tiny_card, annotations=(
        Annotation(0.5, 1.2, 'wave', 'walk'), Annotation(0.2, 1, 'fall', 'other')))
    texts = []
    for num_jobs in (1, 1, 2):
        results = evaluate_all([bag, other], job, num_jobs)
        folder = tmp_path / str(len(texts))
        write_report(build_report(results, job), results, folder)
        texts.append((folder / 'report.json').read_text())
    assert texts[0] == texts[1] == texts[2]
    made = json.loads(texts[0])
    assert [r['name'] for r in made['recordings']] == ['walk', 'other']
    assert set(made['figures']) == set(FIGURES)
    assert made['figures']['num_actions'] == 2
    assert made['settings']['hop'] == job.settings.window.hop
    assert made['model']['weights_sha256'] == tiny_card.weights_sha256
    windows = made['recordings'][0]['cameras'][0]['windows']
    assert len(windows['time_sec']) == len(windows['scores']) == len(windows['decided'])


@pytest.mark.parametrize('offset_sec', [-50.0, 1000.0])
def test_a_shifted_camera_clock_changes_nothing(bag, tiny_card, tmp_path, offset_sec):
    shifted = write_bag(tmp_path / 'walk', list(camera_frames(75, offset_sec=offset_sec)))
    annotations = (Annotation(0.5, 1.2, 'wave'),)
    reports = [build_report([evaluate(path, tiny_card, annotations=annotations)],
                            make_job(tiny_card))
               for path in (bag, shifted)]
    assert reports[0] == reports[1]


def test_two_cameras_keep_apart_and_annotations_may_name_one(tiny_card, tmp_path):
    path = write_bag(tmp_path / 'bag', list(camera_frames(30)),
                     ('/front/image_raw', '/rear/image_raw/compressed'))
    result = evaluate(path, tiny_card, annotations=(
        Annotation(0, 1, 'wave', topic='/rear/image_raw'),))
    assert [camera.camera for camera, _ in result.cameras] == ['front', 'rear']
    assert [len(track.annotated) for _, track in result.cameras] == [0, 1]
    assert len(evaluate(path, tiny_card, topics=('/rear/image_raw',)).cameras) == 1
    by_params = evaluate(path, tiny_card, cameras=['/rear/image_raw'])
    assert [camera.camera for camera, _ in by_params.cameras] == ['rear']


def test_topics_of_one_camera_keep_apart(tiny_card, tmp_path):
    path = write_bag(tmp_path / 'bag', list(camera_frames(30)),
                     ('/front/image_raw', '/front/image_rect'))
    result = evaluate(path, tiny_card)
    assert [(camera.camera, camera.num_frames, len(track.decided_labels))
            for camera, track in result.cameras] == [('front', 30, 4), ('front', 30, 4)]


def test_annotations_from_a_topic_a_file_beside_and_a_class_folder(tiny_card, tmp_path):
    texts = [(START_NS, 'no_action'), (START_NS + SEC // 2, 'wave'), (START_NS + SEC, 'no_action')]
    path = write_bag(tmp_path / 'bag', list(camera_frames(40)), texts=texts)
    (_, track), = evaluate(path, tiny_card, annotation_topic='/truth').cameras
    assert [(s.start_ns, s.end_ns, s.label) for s in track.annotated] == [(SEC // 2, SEC, 'wave')]
    (path / 'annotations.csv').write_text('start,end,label\n0.1,0.9,fall\n')
    (_, track), = evaluate(path, tiny_card).cameras
    assert [s.label for s in track.annotated] == ['fall']
    result = evaluate(write_video(tmp_path / 'lift' / 'clip.avi', 30), tiny_card)
    assert [s.label for s in result.cameras[0][1].annotated] == ['lift']
    assert 'taken to show it throughout' in result.notes[0]


def test_empty_annotations_mean_no_action_and_are_noted(bag, tiny_card):
    result = evaluate(bag, tiny_card, annotations=())
    assert result.cameras[0][1].annotated == ()
    assert 'taken to show no action' in result.notes[0]
    unnamed = evaluate(bag, tiny_card, annotations=(Annotation(0, 1, 'wave', 'run'),))
    assert unnamed.cameras[0][1].annotated is None
    assert 'no annotation names this recording' in unnamed.notes[0]


def test_wrong_annotations_are_an_error_of_that_recording(bag, tiny_card):
    result = evaluate(bag, tiny_card, annotations=(
        Annotation(0, 1, 'dance'), Annotation(0.5, 9, 'wave')))
    for words in ('dance', 'within the recording', 'overlaps'):
        assert words in result.error


def test_an_activitynet_segment_without_length_is_ignored_and_noted(bag, tiny_card, tmp_path):
    def result(*segments):
        path = tmp_path / 'truth.json'
        path.write_text(json.dumps({'database': {'walk': {'annotations': [
            {'segment': segment, 'label': 'wave'} for segment in segments]}}}))
        found = evaluate(bag, tiny_card, annotations=tuple(read_annotations(path)))
        return found, found.cameras[0][1].annotated
    found, annotated = result([0, 0], [0.5, 1.0])
    assert [s.sec for s in annotated] == [(0.5, 1.0)]
    assert found.notes == [f'{tmp_path}/truth.json: walk: wave 0 to 0 s: ignored, as it has no '
                           'length']
    found, annotated = result([0, 0])
    assert annotated is None
    assert found.notes[1] == 'no annotation has a length: taken as not annotated'


def zero_stamps():
    for log_ns, frame in camera_frames(40):
        yield log_ns, replace(frame, stamp_ns=0)


def test_stamps_of_zero_are_dropped_as_by_the_node_or_replaced(tiny_card, tmp_path):
    path = write_bag(tmp_path / 'bag', list(zero_stamps()))
    error = evaluate(path, tiny_card).error
    assert '40 were dropped: expected a header stamp above 0' in error
    assert '--stamps log' in error
    assert not evaluate(path, tiny_card).notes
    by_log_time = evaluate(path, tiny_card, by_log_time=True)
    assert by_log_time.cameras[0][0].num_frames == 40


def test_frames_out_of_order_and_of_two_clocks_are_noted(tiny_card, tmp_path):
    frames = list(camera_frames(60))
    swapped = [(frames[i][0], frames[[i, i + 1, i - 1][(i == 30) + 2 * (i == 31)]][1])
               for i in range(60)]
    result = evaluate(write_bag(tmp_path / 'order', swapped), tiny_card)
    assert '1 frames have earlier stamps than the frame before' in result.notes[0]
    (camera, track), = result.cameras
    assert camera.num_restarts == 0
    assert (np.diff(track.times_N) >= 0).all()
    halves = [(log_ns, frame if i < 30 else replace(frame, stamp_ns=frame.stamp_ns - 10**12))
              for i, (log_ns, frame) in enumerate(frames)]
    result = evaluate(write_bag(tmp_path / 'clocks', halves), tiny_card)
    assert 'two clocks' in result.notes[0]
    (_, track), = result.cameras
    assert track.times_N[-1] < 3 * SEC


def test_a_recording_without_a_window_is_an_error(tiny_card, tmp_path):
    path = write_bag(tmp_path / 'short', list(camera_frames(1)))
    assert 'expected frames over at least 0.64 s without a gap, got 1 frames' in evaluate(
        path, tiny_card).error


def test_a_failure_does_not_stop_the_rest(bag, params, tmp_path, capsys):
    broken = tmp_path / 'broken.mcap'
    broken.write_bytes(b'no bag')
    arguments = ['evaluate', str(broken), str(bag), '--params', str(params), '--out',
                 str(tmp_path / 'out')]
    with pytest.raises(SystemExit) as done:
        main(arguments)
    assert done.value.code == 1
    output = capsys.readouterr()
    assert 'not evaluated: ' in output.err
    made = read_report(tmp_path / 'out')
    assert [bool(r['error']) for r in made['recordings']] == [True, False]
    assert made['figures']['num_windows'] > 0


def test_a_wrong_path_is_one_line(params, tmp_path, capsys):
    with pytest.raises(SystemExit) as done:
        main(['evaluate', '/none', '--params', str(params), '--out', str(tmp_path / 'out')])
    output = capsys.readouterr()
    assert (done.value.code, output.out, output.err) == (
        1, '', 'not evaluated: /none: expected a bag or a video, got no such file or folder\n')
    assert read_report(tmp_path / 'out')['recordings'][0]['error'].startswith('/none: expected')


def test_an_unexpected_error_of_one_recording_does_not_stop_the_rest(bag, tiny_card, tmp_path):
    other = write_bag(tmp_path / 'other', list(camera_frames(40)))
    # Beyond what 64 bits hold.
    job = make_job(tiny_card, annotations=(Annotation(0.1, 1e30, 'wave', 'other'),))
    results = evaluate_all([other, bag], job)
    assert 'within the recording' in results[0].error
    job = make_job(tiny_card, max_gap_sec=1e300)
    result, = evaluate_all([bag], job)
    assert result.error.startswith(f'{bag}: OverflowError: ')
    write_report(build_report([result], job), [result], tmp_path / 'out')
    assert read_report(tmp_path / 'out')['settings']['max_gap_sec'] == 1e300


@pytest.mark.parametrize(('provenance', 'shown'), [
    ({'accuracy': {'top1': float('nan'), 'on': date(2024, 1, 2), 3: [float('-inf'), 0.5]}},
     {'top1': 'nan', 'on': '2024-01-02', '3': ['-inf', 0.5]}),
    (['trained by me'], None), ({}, None)])
def test_whatever_a_card_says_of_its_origin_the_report_is_written(
        bag, tiny_card, tmp_path, provenance, shown):
    job = make_job(replace(tiny_card, provenance=provenance))
    results = [evaluate_recording(bag, job)]
    write_report(build_report(results, job), results, tmp_path / 'out')
    assert read_report(tmp_path / 'out')['model']['accuracy'] == shown


def test_scores_that_are_no_numbers_are_an_error_of_the_recording(bag, tiny_card):
    job = make_job(tiny_card)
    (camera, _), = evaluate_recording(bag, job).cameras
    time_ns, decision = camera.decisions[2]
    nan_K = np.full_like(decision.probabilities_K, np.nan)
    camera.decisions[2] = time_ns, replace(decision, probabilities_K=nan_K)
    with pytest.raises(RecordingError, match='expected scores from 0 to 1, got nan; the weights'):
        track_of(camera, None, SEC, job)


def test_a_file_name_that_is_no_utf8_is_printed_with_escapes(tmp_path, tiny_card):
    path = tmp_path / 'caf\udce9'
    write_bag(tmp_path / 'walk', list(camera_frames(30))).rename(path)
    done = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.evaluation', 'evaluate', path, '--model',
         tiny_card.folder, '--out', tmp_path / 'out'], capture_output=True,
        env={**os.environ, 'PYTHONIOENCODING': 'utf-8'})
    assert done.returncode == 0, done.stderr
    assert b'caf\\udce9: no annot' in done.stdout or b'1 s of video' in done.stdout
    assert read_report(tmp_path / 'out')['recordings'][0]['name'] == 'caf\udce9'


def test_what_was_decided_in_an_unannotated_recording_is_printed(bag, tiny_card):
    job = make_job(tiny_card)
    result = evaluate_recording(bag, job)
    lines = summary(build_report([result], job)).splitlines()[len(FIGURES):]
    (_, decided), = result.cameras
    assert lines[0] == f'walk {TOPIC}, not annotated, decided: {len(decided.decided)} actions'
    assert [line.split() for line in lines[1:]] == [
        [f'{d.start_ns / SEC:.2f}', 'to', f'{d.end_ns / SEC:.2f}', 's', d.label,
         f'{d.confidence:.2f}'] for d in decided.decided]
    assert len(lines) > 1


def test_live_figures_stand_beside_those_offline_and_are_named(bag, tiny_card):
    job = make_job(tiny_card, annotations=())
    made = build_report([evaluate_recording(bag, job)], job)
    made['live'] = {'figures': {**made['figures'], 'num_windows': 7}, 'notes': ['unusual'],
                    'cameras': [{'camera': 'front', 'differences': {'age_max_sec': 0.25}}]}
    made['intervals']['figures'] = {'frame_accuracy': [0.25, 1.0]}
    lines = summary(made).splitlines()
    assert lines[1].endswith('[0.250, 1.000]')
    assert any(line.startswith('in brackets: 95 % interval of offline') for line in lines)
    assert lines[0].split() == ['offline', 'live']
    assert f'windows scored {made["figures"]["num_windows"]} 7'.split() in map(str.split, lines)
    assert lines[-3] == 'live node, front:'
    assert lines[-2].split() == ['result', 'age,', 'maximum', '0.250', 's']
    assert lines[-1] == 'live node: unusual'


@pytest.mark.parametrize(('text', 'words'), [
    ('{"format": 1, "figures": {"edit": NaN}}', 'expected numbers, got NaN'),
    ('{"format": 1, "model": [], "settings": {}, "figures": {}, "per_class": {}, '
     '"recordings": {}}', 'got one without model, recordings')])
def test_a_report_of_something_else_is_refused(tmp_path, text, words):
    (tmp_path / 'report.json').write_text(text)
    with pytest.raises(SystemExit, match=words):
        main(['compare', str(tmp_path), str(tmp_path)])


def test_the_parameter_file_is_the_nodes(root, bag, params, tmp_path):
    with pytest.raises(SystemExit) as done:
        main(['evaluate', str(bag), '--params', str(params), '--out', str(tmp_path / 'out')])
    assert done.value.code == 0
    made = read_report(tmp_path / 'out')
    assert made['settings']['hop'] == 10
    assert made['figures']['num_windows'] == 6
    assert read_settings(root / 'config' / 'recognizer.yaml') == read_settings(None)


@pytest.mark.parametrize(('text', 'words'), [
    ('/**: {ros__parameters: {hoop: 3}}', 'hoop must be one of'),
    ('/**: {ros__parameters: {hop: many}}', 'hop must be like 4, got'),
    ('/**: {ros__parameters: {enter_threshold: 1}}', 'must be like 0.0, got 1'),
    ('/**: {ros__parameters: {enter_threshold: 1.5}}', 'must be in'),
    ('/**: {ros__parameters: {cameras: [1, 2]}}', r'must be like .* got \[1, 2\]'),
    ('a: [', r'^[^\n]*expected a parameter file[^\n]*ParserError[^\n]*line 1, column 5[^\n]*$'),
    ('\udcff', 'recognizer.yaml: expected a parameter file'),
    ('hop: 3', 'expected a parameter file'), ('', 'expected a parameter file')])
def test_wrong_parameters_are_named(tmp_path, text, words):
    path = tmp_path / 'recognizer.yaml'
    path.write_bytes(text.encode(errors='surrogateescape'))
    with pytest.raises(SettingsError, match=words):
        read_settings(path)


def test_the_command_reports_curve_and_intervals(bag, params, tmp_path, capsys):
    annotations = tmp_path / 'walk.csv'
    annotations.write_text('start,end,label\n0.7,1.2,wave\n1.6,2.2,wave\n')
    with pytest.raises(SystemExit) as done:
        main(['evaluate', str(bag), '--params', str(params), '--annotations', str(annotations),
              '--out', str(tmp_path / 'out')])
    assert done.value.code == 0
    made = read_report(tmp_path / 'out')
    now = made['curve']['operating_point']
    assert made['curve']['enter_threshold'][now] == EAGER['enter_threshold']
    for name, values in made['curve']['figures'].items():
        assert values[now] == made['figures'][name]
    assert made['intervals']['num_units'] == len(made['units']['keys']) == 3
    low, high = made['intervals']['figures']['frame_accuracy']
    assert low <= made['figures']['frame_accuracy'] <= high
    out = capsys.readouterr().out
    assert f'[{low:.3f}, {high:.3f}]' in out
    assert 'in brackets: 95 % interval, bootstrapped over 3 units' in out


def test_templates_compare_and_help(bag, tiny_card, tmp_path, capsys):
    template = tmp_path / 'walk.csv'
    with pytest.raises(SystemExit):
        main(['annotate-template', str(bag), '--model', str(tiny_card.folder), '--out',
              str(template)])
    assert template.read_text().startswith('recording,topic,start,end,label')
    assert f'walk: 2.96 s, cameras {TOPIC}' in capsys.readouterr().out
    for name, hop in (('a', 4), ('b', 8)):
        job = make_job(tiny_card, hop=hop, annotations=(Annotation(1, 2, 'wave'),))
        results = [evaluate_recording(bag, job)]
        write_report(build_report(results, job), results, tmp_path / name)
    with pytest.raises(SystemExit) as done:
        main(['compare', str(tmp_path / 'a'), str(tmp_path / 'b'), '--out', str(tmp_path / 'c')])
    assert done.value.code == 0
    out = capsys.readouterr().out
    assert 'setting hop: 4 -> 8' in out
    assert (tmp_path / 'c' / 'compare.html').is_file()
    with pytest.raises(SystemExit, match='expected a report'):
        main(['compare', str(tmp_path), str(tmp_path / 'a')])
    (tmp_path / 'report.json').write_text('{"format": 1, "figures": {}}')
    with pytest.raises(SystemExit, match='got one without model, settings, per_class'):
        main(['compare', str(tmp_path), str(tmp_path / 'a')])
    older = read_report(tmp_path / 'a')
    del older['figures']['edit']
    assert ('edit', None) in [row[:2] for row in changes(older, older)['figures']]
    with pytest.raises(SystemExit) as done:
        main(['--help'])
    assert done.value.code == 0
    assert 'annotate-template' in capsys.readouterr().out


def test_templates_are_written_where_annotations_are_missing(tiny_card, tmp_path, capsys):
    for name in ('done', 'next'):
        write_bag(tmp_path / name, list(camera_frames(3)))
    (tmp_path / 'broken.mcap').write_bytes(b'no bag')
    (tmp_path / 'done' / 'annotations.csv').write_text('start,end,label\n0,0.1,wave\n')
    with pytest.raises(SystemExit) as done:
        main(['annotate-template', str(tmp_path), '--model', str(tiny_card.folder)])
    assert done.value.code == 1
    assert (tmp_path / 'next' / 'annotations.csv').is_file()
    assert 'wave' in (tmp_path / 'done' / 'annotations.csv').read_text()
    output = capsys.readouterr()
    assert 'expected no annotation file, got one' in output.err
    assert 'broken.mcap: expected a readable bag' in output.err
    assert output.out.startswith('next: 0.08 s')


@pytest.mark.parametrize(('wrong', 'words'), [
    (['--jobs', '0'], 'expected --jobs of 1 or more'),
    (['--out', '{params}'], 'expected a folder for the report, got a file')])
def test_wrong_options_are_refused_before_anything_is_scored(bag, params, tmp_path, wrong,
                                                               words):
    wrong = [word.format(params=params) for word in wrong]
    with pytest.raises(SystemExit, match=words):
        main(['evaluate', str(bag), '--params', str(params), '--out', str(tmp_path / 'x'), *wrong])


@pytest.mark.parametrize(('given', 'own'), [
    (['walk', '--out', 'x', '--ros-args'], ['walk', '--out', 'x']),
    (['--ros-args', '-r', '__node:=a', '--', 'walk'], ['walk']),
    (['a', '--', 'b'], ['a', '--', 'b'])])
def test_ros_arguments_of_launch_are_stripped(given, own):
    assert without_ros_arguments(given) == own


def test_offline_commands_need_no_ros():
    done = subprocess.run([sys.executable, '-c', (
        'import sys\n'
        'class Refuse:\n'
        '    def find_spec(self, name, path=None, target=None):\n'
        '        if name.split(".")[0] in ("rclpy", "sensor_msgs", "std_msgs", "vision_msgs"):\n'
        '            raise ImportError(name)\n'
        'sys.meta_path.insert(0, Refuse())\n'
        'from imrs_ros.evaluation import annotate_template, compare, evaluate, make_bag, tune\n'
        )], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
