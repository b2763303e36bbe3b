# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Start the recognizer node, and the person finder where it is wanted.

Examples: ``ros2 launch imrs_ros recognizer.launch.py cameras:=[/front/image_raw] backend:=torch``,
``... people:=true`` for an action of everyone in the picture, ``... people:=/yolo/detections`` for
the same by the boxes of a detector that runs anyway.
"""

from pathlib import Path
from typing import Any

from imrs_ros.parameter_file import read_values
from imrs_ros.settings import BACKENDS
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterValue
import yaml

FOLDER = Path(__file__).resolve().parent.parent / 'config'
CONFIG, FINDER_CONFIG = FOLDER / 'recognizer.yaml', FOLDER / 'person_finder.yaml'
FROM_FILE = ''
"""Default of the arguments that override the parameter file: its value is used."""
BOOLEANS = ('true', 'false')
FOR_BOTH = ('cameras', 'transport', 'reliability', 'use_sim_time')
"""Parameters that the person finder gets from the recognizer."""
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')
RESPAWN_DELAY_SEC = 2.0


def generate_launch_description() -> LaunchDescription:
    """
    Describe the arguments and the node.

    :return: the description.
    """
    return LaunchDescription([
        DeclareLaunchArgument(
            'config', default_value=str(CONFIG), description='Parameter file of the node.'),
        DeclareLaunchArgument(
            'model', default_value=FROM_FILE,
            description='Name of an installed model, or path of its folder; overrides config.'),
        DeclareLaunchArgument(
            'cameras', default_value=FROM_FILE,
            description='Image topics as a YAML list: [/front/image_raw]; overrides config.'),
        DeclareLaunchArgument(
            'backend', default_value=FROM_FILE, choices=[FROM_FILE, *BACKENDS],
            description='Inference backend; overrides config.'),
        DeclareLaunchArgument(
            'people', default_value=FROM_FILE,
            description='An action for everyone in the picture: true starts person_finder as '
                        'well; a topic, or a YAML list of one for each camera, uses the '
                        'detections of another node; false for none. Overrides config.'),
        DeclareLaunchArgument(
            'finder_config', default_value=str(FINDER_CONFIG),
            description='Parameter file of the person finder; its cameras are those of the '
                        'recognizer.'),
        DeclareLaunchArgument(
            'use_sim_time', default_value=FROM_FILE, choices=[FROM_FILE, *BOOLEANS],
            description='Use the time of /clock; overrides config.'),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node.'),
        DeclareLaunchArgument(
            'log_level', default_value='info', choices=LOG_LEVELS,
            description='Lowest severity that is logged.'),
        DeclareLaunchArgument(
            'respawn', default_value='false', choices=BOOLEANS,
            description='Start the node again when its process ends.'),
        OpaqueFunction(function=_make_nodes),
    ])


def _make_nodes(context: LaunchContext) -> list[LifecycleNode]:
    def given(name: str) -> str:
        return str(LaunchConfiguration(name).perform(context))
    overrides: dict[str, object] = {
        name: ParameterValue(given(name), value_type=str)
        for name in ('model', 'backend') if given(name)}
    if given('use_sim_time'):
        overrides['use_sim_time'] = given('use_sim_time') == 'true'
    if given('cameras'):
        cameras = yaml.safe_load(given('cameras'))
        overrides['cameras'] = [cameras] if isinstance(cameras, str) else cameras
    of_people = _people_parameters(given('people')) if given('people') else {}
    overrides |= of_people
    common: dict[str, Any] = {
        'package': 'imrs_ros', 'namespace': given('namespace'),
        'ros_arguments': ['--log-level', given('log_level')],
        'respawn': given('respawn') == 'true', 'respawn_delay': RESPAWN_DELAY_SEC,
        'output': 'screen'}
    nodes = [LifecycleNode(
        executable='recognizer', name='recognizer',
        parameters=[given('config'), *([overrides] if overrides else [])], **common)]
    if of_people.get('people') and 'detections' not in of_people:
        values = {**read_values(Path(given('config'))), **overrides}
        nodes.append(LifecycleNode(
            executable='person_finder', name='person_finder', parameters=[
                given('finder_config'),
                {name: values[name] for name in FOR_BOTH if name in values}], **common))
    return nodes


def _people_parameters(people: str) -> dict[str, object]:
    # True, yes and on are true, as in a parameter file.
    topics = yaml.safe_load(people)
    if isinstance(topics, bool):
        return {'people': topics}
    names = [topics] if isinstance(topics, str) else topics
    if not (isinstance(names, list) and names and all(isinstance(name, str) for name in names)):
        raise ValueError('people must be true, false, a topic of detections, or a list of topics '
                         f'such as [/front/people, /rear/people], got {people!r}')
    return {'people': True, 'detections': ParameterValue(', '.join(names), value_type=str)}
