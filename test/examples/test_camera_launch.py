# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``examples/camera_launch``, where a ROS installation has the launch system."""

import os

import pytest

pytest.importorskip('launch', reason='launch is not on PyPI; a ROS installation has it')
pytest.importorskip('launch_ros', reason='launch_ros is not on PyPI')


PROFILE_VARIABLES = ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE')
DRIVER = '''
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node


def generate_launch_description():
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value='driver') for name in (
            'camera_namespace', 'camera_name', 'enable_color', 'enable_depth', 'log_level')),
        Node(package='realsense2_camera', executable='realsense2_camera_node',
             namespace=LaunchConfiguration('camera_namespace'),
             name=LaunchConfiguration('camera_name'))])
'''
"""Stands in for the launch file of realsense2_camera: the same arguments and names."""


@pytest.fixture
def installed(root, tmp_path, monkeypatch):
    """Install this package and the stand-in of a driver for the ament index."""
    index = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    for package in ('imrs_ros', 'realsense2_camera'):
        (index / package).touch()
        (tmp_path / 'share' / package).mkdir()
    for folder in ('launch', 'config'):
        (tmp_path / 'share' / 'imrs_ros' / folder).symlink_to(root / folder)
    (tmp_path / 'share' / 'realsense2_camera' / 'launch').mkdir()
    (tmp_path / 'share' / 'realsense2_camera' / 'launch' / 'rs_launch.py').write_text(DRIVER)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path), prepend=os.pathsep)
    # The launch system changes the variables of this process: undone after the test.
    for variable in PROFILE_VARIABLES:
        monkeypatch.setenv(variable, '')
    return tmp_path / 'share' / 'imrs_ros'


def expand(context, entities):
    """Expand whatever includes or groups others, and yield the nodes without starting them."""
    from launch_ros.actions import Node
    for entity in entities:
        if isinstance(entity, Node):
            yield (entity._Node__package, described(context, entity), parameters(context, entity))
        else:
            yield from expand(context, entity.visit(context) or ())


def described(context, node):
    """Return the full name of a node."""
    from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions
    namespace, name = (perform_substitutions(context, normalize_to_list_of_substitutions(part))
                       for part in (node._Node__node_namespace, node._Node__node_name))
    return '/'.join(filter(None, (namespace, name)))


def parameters(context, node):
    """Return the parameters that a node is given besides those of files."""
    from launch_ros.utilities import evaluate_parameters
    given = {}
    for group in evaluate_parameters(context, node._Node__parameters or ()):
        given.update(group if isinstance(group, dict) else {})
    return given


@pytest.mark.parametrize(('file', 'driver', 'topic'), [
    ('usb_cam', ('usb_cam', 'rear/usb_cam'), '/rear/image_raw'),
    ('realsense', ('realsense2_camera', 'rear/realsense'), '/rear/realsense/color/image_raw')])
def test_driver_and_recognizer_start_on_one_topic(load, installed, file, driver, topic):
    from launch import LaunchContext
    context = LaunchContext()
    context.launch_configurations.update(camera='rear', people='true')
    description = load(f'camera_launch/{file}.launch.py').generate_launch_description()
    nodes = list(expand(context, [description]))
    assert [node[:2] for node in nodes] == [
        driver, ('imrs_ros', 'recognizer'), ('imrs_ros', 'person_finder')]
    _, recognizer, finder = (node[2] for node in nodes)
    assert recognizer == {'cameras': (topic,), 'people': True}
    assert finder['cameras'] == (topic,)
    # Both processes get the profile.
    for variable in PROFILE_VARIABLES:
        assert context.environment[variable] == str(installed / 'config' / 'fastdds_images.xml')
    # What the included files declared stays theirs.
    assert set(context.launch_configurations) <= {
        'camera', 'people', 'model', 'video_device', 'depth'}


def test_parameters_of_the_usb_camera(load, installed):
    from launch import LaunchContext
    context = LaunchContext()
    description = load('camera_launch/usb_cam.launch.py').generate_launch_description()
    (driver, *_) = expand(context, [description])
    assert driver[2]['video_device'] == '/dev/video0'
    assert driver[2]['frame_id'] == 'front_optical_frame'
    assert (driver[2]['image_width'], driver[2]['framerate']) == (640, 30.0)


@pytest.mark.parametrize('file', ['usb_cam', 'realsense'])
def test_every_argument_has_a_default_and_a_description(load, file):
    description = load(f'camera_launch/{file}.launch.py').generate_launch_description()
    for argument in description.get_launch_arguments():
        assert argument.default_value is not None
        assert argument.description != 'no description given'
