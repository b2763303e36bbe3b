"""The launch file, where a ROS installation brings the launch system."""

from importlib.util import module_from_spec, spec_from_file_location

import pytest

pytest.importorskip('launch', reason='launch is not on PyPI; a ROS installation has it')
pytest.importorskip('launch_ros', reason='launch_ros is not on PyPI')


@pytest.fixture
def description(root):
    spec = spec_from_file_location('recognizer_launch', root / 'launch' / 'recognizer.launch.py')
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
