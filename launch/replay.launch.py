# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Replay a bag to the node, and report its results beside the annotations.

Example: ``ros2 launch imrs_ros replay.launch.py bag:=walk annotations:=walk.csv out:=report``.
"""

from pathlib import Path
from typing import Any

from imrs_ros.evaluation.live.replay import (
    NODE_PARAMETERS, people_parameters, player_arguments)
from imrs_ros.evaluation.offline.people_source import people_topics, TOPIC
from imrs_ros.evaluation.recordings.source import topics_of
from imrs_ros.parameter_file import read_settings
from imrs_ros.settings import BACKENDS
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue
import yaml

CONFIG = Path(__file__).resolve().parent.parent / 'config' / 'recognizer.yaml'
WRITE_LIMIT_SEC = '30'
"""Time for the recorder to write its report after an interrupt."""
FROM_FILE = ''
"""Default of the arguments that override the parameter file: its value is used."""
LOG_LEVELS = ('debug', 'info', 'warn', 'error', 'fatal')
ARGUMENTS: dict[str, tuple[str | None, str]] = {
    'bag': (None, 'Recording: a bag or a video.'),
    'annotations': ('', 'Annotation file; default the one beside the recording.'),
    'config': (str(CONFIG), 'Parameter file of the node.'),
    'model': (FROM_FILE, 'Name of an installed model, or path of its folder; overrides config.'),
    'cameras': (FROM_FILE, 'Image topics as a YAML list; default those of config that the '
                           'recording has, else all that it has.'),
    'people': (FROM_FILE, 'true: follow the people of the topics beside the images, or of those '
                          'that config names; default: what config says.'),
    'backend': (FROM_FILE, 'Inference backend of the node; overrides config.'),
    'log_level': ('info', 'Lowest severity that the node logs.'),
    'out': ('replay_report', 'Folder for report.json and report.html.')}
CHOICES = {'people': [FROM_FILE, 'true'], 'backend': [FROM_FILE, *BACKENDS],
           'log_level': LOG_LEVELS}


def generate_launch_description() -> LaunchDescription:
    """
    Describe the arguments, the node, the recorder and the player.

    :return: the description.
    """
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=description,
                                choices=CHOICES.get(name))
          for name, (default, description) in ARGUMENTS.items()),
        OpaqueFunction(function=_make)])


def _make(context: LaunchContext) -> list[Any]:
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    cameras = yaml.safe_load(given['cameras']) if given['cameras'] else []
    cameras = [cameras] if isinstance(cameras, str) else cameras
    cameras = cameras or list(topics_of(Path(given['bag']), Path(given['config'])))
    settings = read_settings(Path(given['config']))
    people = (people_topics(cameras, settings) if given['people'] or settings.node.people
              else {})
    # The three start together: the player waits for the other two.
    node = LifecycleNode(
        package='imrs_ros', executable='recognizer', name='recognizer', namespace='',
        output='screen', on_exit=_check, ros_arguments=['--log-level', given['log_level']],
        parameters=[given['config'], {
            **NODE_PARAMETERS, 'cameras': cameras, **people_parameters(people),
            **{name: ParameterValue(given[name], value_type=str)
               for name in ('model', 'backend') if given[name]}}])
    player = Node(
        package='imrs_ros', executable='play_bag', output='screen', on_exit=_check,
        arguments=player_arguments(given['bag'], cameras, people))
    options = [*(['--model', given['model']] if given['model'] else []),
               *(['--annotations', given['annotations']] if given['annotations'] else []),
               *(['--people', TOPIC] if people else [])]
    recorder = Node(
        package='imrs_ros', executable='record_live', output='screen', on_exit=_end,
        sigkill_timeout=WRITE_LIMIT_SEC, arguments=[
            given['bag'], '--params', given['config'], '--out', given['out'], '--topics',
            *cameras, *options])
    return [recorder, node, player]


def _check(event: ProcessExited, context: LaunchContext) -> list[Any]:
    """End the launch with status 1 when a process failed."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'expected {event.process_name} to end with status 0, got '
                           f'{event.returncode}; see its messages above')
    return []


def _end(event: ProcessExited, context: LaunchContext) -> list[Any]:
    """End the launch with the recorder; like ``_check`` when it failed."""
    _check(event, context)
    return [] if context.is_shutdown else [Shutdown(reason='the report is written')]
