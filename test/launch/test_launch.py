# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The launch files, where a ROS installation has the launch system."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

pytest.importorskip('launch', reason='launch is not on PyPI; a ROS installation has it')
pytest.importorskip('launch_ros', reason='launch_ros is not on PyPI')


def load(path):
    spec = spec_from_file_location('launch_file', path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def description(root):
    return load(root / 'launch' / 'recognizer.launch.py')


def make_nodes(description, **arguments):
    from launch import LaunchContext
    context = LaunchContext()
    for entity in description.generate_launch_description().entities[:-1]:
        entity.execute(context)
    context.launch_configurations.update(arguments)
    return description._make_nodes(context)


def make_node(description, **arguments):
    (node,) = make_nodes(description, **arguments)
    return node


def test_arguments(description):
    names = {a.name for a in description.generate_launch_description().get_launch_arguments()}
    assert names == {'config', 'model', 'cameras', 'backend', 'people', 'finder_config',
                     'use_sim_time', 'namespace', 'log_level', 'respawn'}


def test_every_argument_is_described_and_every_backend_can_be_chosen(description, replay):
    from imrs_ros.settings import BACKENDS
    for launch_file in (description, replay):
        arguments = {a.name: a for a in
                     launch_file.generate_launch_description().get_launch_arguments()}
        assert all(a.description != 'no description given' for a in arguments.values())
        assert arguments['backend'].choices == ['', *BACKENDS]


def test_a_backend_that_does_not_exist_is_refused(description):
    from launch import LaunchContext
    context = LaunchContext()
    context.launch_configurations['backend'] = 'tensorflow'
    (backend,) = (a for a in description.generate_launch_description().get_launch_arguments()
                  if a.name == 'backend')
    with pytest.raises(RuntimeError, match='tensorflow'):
        backend.execute(context)


def test_configuration_file_alone_by_default(description):
    assert len(make_node(description)._Node__parameters) == 1


def parameters_of(node):
    """Return the parameters that a node is given besides the configuration file."""
    from launch import LaunchContext
    from launch_ros.utilities import evaluate_parameters
    _, given = evaluate_parameters(LaunchContext(), node._Node__parameters)
    return given


def test_given_arguments_override(description):
    assert parameters_of(make_node(
        description, cameras='[/a/image, /b/compressed]', backend='torch', model='101',
        use_sim_time='true')) == {
            'cameras': ('/a/image', '/b/compressed'), 'backend': 'torch', 'model': '101',
            'use_sim_time': True}
    assert parameters_of(make_node(description, cameras='/a/image')) == {'cameras': ('/a/image',)}


def test_people_start_the_person_finder_on_the_same_cameras(description):
    recognizer, finder = make_nodes(
        description, people='true', cameras='[/a/image]', use_sim_time='true', backend='torch')
    assert (recognizer._Node__node_executable, finder._Node__node_executable) == (
        'recognizer', 'person_finder')
    assert parameters_of(recognizer) == {
        'cameras': ('/a/image',), 'use_sim_time': True, 'backend': 'torch', 'people': True}
    # Where it subscribes, as the recognizer does; nothing else of its parameters.
    assert parameters_of(finder) == {
        'cameras': ('/a/image',), 'use_sim_time': True, 'transport': 'auto',
        'reliability': 'best_effort'}


@pytest.mark.parametrize('people', ['True', 'on'])
def test_people_may_be_true_in_any_word_of_yaml(description, people):
    recognizer, finder = make_nodes(description, people=people)
    assert parameters_of(recognizer) == {'people': True}
    assert finder._Node__node_executable == 'person_finder'


@pytest.mark.parametrize('people', ['1', '[]', '{a: b}', '[/a, 2]', '~'])
def test_people_that_are_neither_topics_nor_true_are_refused(description, people):
    with pytest.raises(ValueError, match='people must be true, false, a topic'):
        make_nodes(description, people=people)


@pytest.mark.parametrize(('people', 'expected'), [
    ('false', {'people': False}), ('False', {'people': False}),
    ('/yolo/detections', {'people': True, 'detections': '/yolo/detections'}),
    ('[/a/people, /b/people]', {'people': True, 'detections': '/a/people, /b/people'})])
def test_people_of_another_detector_start_no_finder(description, people, expected):
    assert parameters_of(make_node(description, people=people)) == expected


def test_log_level_and_respawn(description):
    node = make_node(description, log_level='debug', respawn='true', namespace='robot1')
    assert node._Node__ros_arguments == ['--log-level', 'debug']
    assert node._ExecuteLocal__respawn is True
    assert make_node(description)._ExecuteLocal__respawn is False
    assert node._Node__node_namespace == 'robot1'


@pytest.fixture
def replay(root):
    return load(root / 'launch' / 'replay.launch.py')


def test_replay_starts_recorder_node_and_player_with_the_cameras_of_the_bag(replay, tmp_path):
    from imrs_ros.evaluation.recordings.bag_writer import BagWriter
    from launch import LaunchContext
    from ros_support import frames
    with BagWriter(tmp_path / 'walk') as bag:
        for frame in frames(2):
            bag.image('/front/image_raw', frame, frame.stamp_ns)
    arguments = replay.generate_launch_description().get_launch_arguments()
    assert {a.name for a in arguments} == set(replay.ARGUMENTS)
    context = LaunchContext()
    context.launch_configurations.update(
        {name: default or '' for name, (default, _) in replay.ARGUMENTS.items()},
        bag=str(tmp_path / 'walk'))
    started = replay._make(context)
    assert [action._Node__package for action in started] == ['imrs_ros'] * 3
    recorder, _, player = started
    for action in (recorder, player):
        assert action._Node__arguments[action._Node__arguments.index('--topics') + 1] == (
            '/front/image_raw')


@pytest.mark.parametrize('in_config', [False, True])
def test_replay_follows_people_where_asked_to(replay, tmp_path, in_config):
    from imrs_ros.evaluation.recordings.bag_writer import BagWriter
    from launch import LaunchContext
    from ros_support import frames
    with BagWriter(tmp_path / 'walk') as bag:
        for frame in frames(2):
            bag.image('/front/image_raw', frame, frame.stamp_ns)
            bag.detections('/front/detections', frame, [], frame.stamp_ns)
    config = tmp_path / 'config.yaml'
    config.write_text(f'/**: {{ros__parameters: {{people: {str(in_config).lower()}}}}}')
    context = LaunchContext()
    context.launch_configurations.update(
        {name: default or '' for name, (default, _) in replay.ARGUMENTS.items()},
        bag=str(tmp_path / 'walk'), config=str(config), people='' if in_config else 'true')
    recorder, node, player = replay._make(context)
    assert player._Node__arguments[-2:] == ['--people', '/front/detections']
    assert recorder._Node__arguments[-2:] == ['--people', 'topic']
    assert {'people': True, 'detections': '/front/detections'}.items() <= (
        parameters_of(node).items())


def test_replay_ends_with_its_recorder_and_fails_with_any(replay):
    from launch import LaunchContext
    from launch.actions import Shutdown
    from launch.events.process import ProcessExited

    def exited(status):
        return ProcessExited(action=None, name='record_live', cmd=[], cwd=None, env=None, pid=1,
                             returncode=status)
    context = LaunchContext()
    (end,) = replay._end(exited(0), context)
    assert isinstance(end, Shutdown)
    assert replay._check(exited(0), context) == []
    for react in (replay._end, replay._check):
        with pytest.raises(RuntimeError, match='expected record_live to end with status 0, got 1'):
            react(exited(1), context)
    # A process that ends during the shutdown is no failure.
    context._set_is_shutdown(True)
    assert replay._end(exited(130), context) == []
