"""The launch files, where a ROS installation brings the launch system."""

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


def make_node(description, **arguments):
    from launch import LaunchContext
    context = LaunchContext()
    for entity in description.generate_launch_description().entities[:-1]:
        entity.execute(context)
    context.launch_configurations.update(arguments)
    (node,) = description._make_node(context)
    return node


def test_arguments(description):
    names = {a.name for a in description.generate_launch_description().get_launch_arguments()}
    assert names == {'config', 'model', 'cameras', 'backend', 'namespace'}


def test_configuration_file_alone_by_default(description):
    assert len(make_node(description)._Node__parameters) == 1


def test_given_arguments_override(description):
    node = make_node(description, cameras='[/a/image, /b/compressed]', backend='torch')
    assert len(node._Node__parameters) == 2


def test_replay_starts_recorder_and_node_and_a_player_after_them(root):
    from launch import LaunchContext
    replay = load(root / 'launch' / 'replay.launch.py')
    arguments = replay.generate_launch_description().get_launch_arguments()
    assert {a.name for a in arguments} == set(replay.ARGUMENTS)
    context = LaunchContext()
    context.launch_configurations.update(
        {name: default or '' for name, (default, _) in replay.ARGUMENTS.items()}, bag='walk')
    start, recorder, node = replay._make(context)
    assert recorder._Node__package == node._Node__package == 'imrs_ros'
    assert type(start).__name__ == 'RegisterEventHandler'


def test_replay_ends_with_its_recorder_and_fails_with_it(root):
    from launch import LaunchContext
    from launch.actions import Shutdown
    from launch.events.process import ProcessExited
    replay = load(root / 'launch' / 'replay.launch.py')

    def exited(status):
        return ProcessExited(action=None, name='record_live', cmd=[], cwd=None, env=None, pid=1,
                             returncode=status)
    (end,) = replay._end(exited(0), LaunchContext())
    assert isinstance(end, Shutdown)
    with pytest.raises(RuntimeError, match='expected a report from the recorder'):
        replay._end(exited(1), LaunchContext())
