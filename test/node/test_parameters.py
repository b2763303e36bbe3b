# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One table of parameters: defaults, limits, refusals."""

import subprocess
import sys

from imrs_ros.backends.load import LOADERS
from imrs_ros.node.parameters import descriptor, RosParameters, TABLE, table_text
from imrs_ros.node_settings import camera_name, default_of, NodeSettings
from imrs_ros.settings import BACKENDS, DecisionSettings
import pytest
import rclpy
from rclpy.parameter import Parameter
import yaml


@pytest.fixture
def make_node(graph):
    nodes = []

    def make(**overrides):
        node = rclpy.create_node('parameters', context=graph.context, parameter_overrides=[
            Parameter(name, value=value) for name, value in overrides.items()])
        nodes.append(node)
        return node
    yield make
    for node in nodes:
        node.destroy_node()


def declare(node):
    return RosParameters(node)


def test_every_loader_is_a_backend_to_choose():
    assert list(BACKENDS) == ['auto', *LOADERS]


def test_page_is_the_table(root):
    page = (root / 'docs' / 'parameters.md').read_text()
    assert page == table_text()
    printed = subprocess.run([sys.executable, '-m', 'imrs_ros.node.parameters'], text=True,
                             capture_output=True, check=True).stdout
    assert printed == page


def test_shipped_configuration_is_the_defaults(root):
    content = yaml.safe_load((root / 'config' / 'recognizer.yaml').read_text())
    stated = content['/**']['ros__parameters']
    expected = {spec.name: default_of(spec.name) for spec in TABLE}
    assert stated == expected
    assert {k: type(v) for k, v in stated.items()} == {k: type(v) for k, v in expected.items()}


def test_defaults_make_settings(make_node):
    settings = declare(make_node()).read()
    assert settings.node == NodeSettings()
    assert settings.window.hop == 4


def test_limits_are_described():
    by_name = {spec.name: descriptor(spec) for spec in TABLE}
    (hop,) = by_name['hop'].integer_range
    assert (hop.from_value, hop.to_value, hop.step) == (1, 1000, 0)
    limits = by_name['enter_threshold'].floating_point_range[0]
    assert (limits.from_value, limits.to_value, limits.step) == (0.0, 0.999, 0.0)
    limits = by_name['leave_threshold'].floating_point_range[0]
    assert (limits.from_value, limits.to_value) == (0.0, 0.999)
    assert '[s]' in by_name['smoothing_sec'].description


@pytest.mark.parametrize(('overrides', 'words'), [
    ({'hop': 0}, 'hop'), ({'hop': 'often'}, 'hop'), ({'enter_threshold': 1.5}, 'enter_threshold'),
    ({'smoothing_sec': 1}, r'smoothing_sec must be a number with a decimal point, got 1; write it '
                           r'as smoothing_sec:=1\.0'),
    ({'cameras': '/x'}, r"cameras must be a list of strings, got '/x'; write it as .*:=\[/x\]"),
    ({'cameras': [1, 2]}, r'cameras must be a list of strings, got .*cameras:=\[image_raw\]'),
    ({'autostart': 1}, 'autostart must be true or false, got 1; write it as autostart:=true'),
    ({'backend': 'tensorflow'}, 'backend must be one of'),
    ({'cameras': ['/a/image', '/a/image_raw']}, "cameras must have different names.*'a', 'a'"),
    ({'cameras': ['']}, 'cameras must name at least one topic'),
    ({'cameras': ['~']}, r'cameras must give names .* got \[..\]'),
    ({'cameras': ['/{foo}/image']}, r'cameras must give names of letters'),
    ({'leave_threshold': 1.0}, 'leave_threshold'),
    ({'class_thresholds': 'Punch 0.7'}, r'must be like "Punch=0.7, .*", got .Punch 0\.7'),
    ({'leave_threshold': 0.0005}, 'leave_threshold must be in'),
    ({'class_thresholds': 'Punch=1.7'}, r'class_thresholds must be in \[0\.001, 0\.999\], got'),
    ({'class_thresholds': 'Punch=0.7, Punch=0.6'}, 'must name every class once, got Punch twice'),
    ({'cpu_cores': 'all'}, r'cpu_cores must be like "2, 3", got .all'),
    ({'max_rate_hz': -1.0}, 'max_rate_hz'),
    ({'max_rate_hz': 1e-320}, r'max_rate_hz must be 0, or at least 0\.01 Hz, got'),
    ({'enter_threshold': 0.0005}, 'enter_threshold'),
    ({'enter_threshold': 1.0}, 'enter_threshold'),
    ({'keep_clips_max_mb': 0}, 'keep_clips_max_mb'),
    ({'keep_clips_before_sec': 31.0}, 'keep_clips_before_sec'),
    ({'keep_clips_after_sec': float('nan')}, 'keep_clips_after_sec'),
    ({'reliability': 'sometimes'}, 'reliability must be one of best_effort, reliable')])
def test_wrong_override_is_named_and_can_be_corrected(make_node, overrides, words):
    node = make_node(**overrides)
    parameters = declare(node)
    with pytest.raises(ValueError, match=words):
        parameters.read()
    name = next(iter(overrides))
    (result,) = node.set_parameters([Parameter(name, value=default_of(name))])
    assert result.successful
    parameters.read()


@pytest.mark.parametrize('how', ['argument', 'file'])
def test_empty_list_at_start_is_named_and_can_be_corrected(graph, tmp_path, how):
    file = tmp_path / 'parameters.yaml'
    file.write_text('/**:\n  ros__parameters:\n    cameras: []\n')
    given = {'argument': ['-p', 'cameras:=[]'], 'file': ['--params-file', str(file)]}[how]
    node = rclpy.create_node(
        'parameters', context=graph.context, cli_args=['--ros-args', *given])
    parameters = declare(node)
    with pytest.raises(ValueError, match='cameras must be a list of strings, got an empty value'):
        parameters.read()
    (other,) = node.set_parameters([Parameter('hop', value=2)])
    assert other.successful
    with pytest.raises(ValueError, match='cameras'):
        parameters.read()
    (result,) = node.set_parameters([Parameter('cameras', value=['/front/image'])])
    assert result.successful
    assert parameters.read().node.cameras == ('/front/image',)
    node.destroy_node()


def test_several_wrong_overrides_are_all_named_and_corrected_one_by_one(make_node):
    node = make_node(backend='bar', reliability='foo', enter_threshold=0.8,
                     leave_threshold=0.9, hop='often')
    parameters = declare(node)
    with pytest.raises(ValueError, match='backend must be') as refusal:
        parameters.read()
    for name in ('reliability', 'leave_threshold', 'hop'):
        assert f'{name} must be' in str(refusal.value)

    def change(name, value):
        (result,) = node.set_parameters([Parameter(name, value=value)])
        return result.reason
    assert change('use_sim_time', True) == ''
    assert change('smoothing_sec', 0.1) == ''
    # Still wrong, and wrong in another way.
    assert change('backend', 'tensorflow').startswith('backend must be one of')
    assert 'leave_threshold must be in [0.001, enter_threshold = 0.6]' in change(
        'enter_threshold', 0.6)
    assert 'reliability' not in change('backend', 'tensorflow')
    for name, value in (('backend', 'torch'), ('enter_threshold', 0.95), ('hop', 2),
                        ('reliability', 'reliable')):
        assert change(name, value) == ''
    settings = parameters.read()
    assert (settings.backend.backend, settings.window.hop) == ('torch', 2)
    assert settings.decision.leave_threshold == 0.9


def test_changes_are_refused_as_a_whole(make_node):
    node = make_node()
    parameters = declare(node)
    result = node.set_parameters_atomically([
        Parameter('enter_threshold', value=0.3), Parameter('leave_threshold', value=0.4)])
    assert not result.successful
    assert 'leave_threshold' in result.reason
    assert parameters.read().decision == DecisionSettings()
    result = node.set_parameters_atomically([
        Parameter('enter_threshold', value=0.3), Parameter('leave_threshold', value=0.2)])
    assert result.successful
    assert parameters.read().decision.enter_threshold == 0.3


def test_strings_name_classes(make_node):
    decision = declare(make_node(
        enabled_classes='Punch, Push Ups,', class_thresholds='Punch=0.7,Push Ups = 0.6',
    )).read().decision
    assert decision.enabled_classes == ('Punch', 'Push Ups')
    assert decision.class_thresholds == {'Punch': 0.7, 'Push Ups': 0.6}


def test_a_configured_node_accepts_run_time_changes_and_refuses_others(make_node):
    changes, node = [], make_node()
    parameters = declare(node)

    def change(**values):
        return node.set_parameters_atomically(
            [Parameter(name, value=value) for name, value in values.items()]).reason
    assert change(hop=3, model='other') == ''
    parameters.hold(
        lambda settings: settings.decision.check_labels(('wave', 'fall')), changes.append)
    assert 'model cannot change while the node is configured; deactivate and clean it up' in (
        change(hop=2, model='third'))
    assert 'enabled_classes must name classes of the model, wave, fall; got jump' in (
        change(enabled_classes='jump'))
    assert changes == []
    assert change(hop=2, enabled_classes='fall', model='other') == '', 'the same is no change'
    assert [(s.window.hop, s.decision.enabled_classes) for s in changes] == [(2, ('fall',))]
    parameters.release()
    assert change(model='third') == ''


@pytest.mark.parametrize(('topic', 'name'), [
    ('image_raw', 'image_raw'), ('/camera/image_raw', 'camera'),
    ('/front/color/image_raw', 'front_color'), ('/front/image_raw/compressed', 'front'),
    ('image/compressed', 'image'), ('~/image', 'image'), ('/compressed', 'compressed')])
def test_camera_name(topic, name):
    assert camera_name(topic) == name
