"""
Replay a bag to the node, and report what it said beside what it should have said.

Example: ``ros2 launch imrs_ros replay.launch.py bag:=walk annotations:=walk.csv out:=report``.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
import shutil
from typing import Any

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, ExecuteProcess, OpaqueFunction, RegisterEventHandler, Shutdown)
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.event_handlers import OnStateTransition
import yaml

CONFIG = Path(__file__).resolve().parent.parent / 'config' / 'recognizer.yaml'
ALL_CLASSES = 1000
"""The report needs the scores of every class."""
ARGUMENTS = {
    'bag': (None, 'The recording.'),
    'annotations': ('', 'What it shows; default what lies beside it.'),
    'config': (str(CONFIG), 'Parameter file of the node.'),
    'model': ('', 'Name of an installed model or path of a model folder.'),
    'cameras': ('', 'Image topics, as a YAML list; default those of the parameter file.'),
    'out': ('replay_report', 'Folder for report.json and report.html.')}


def generate_launch_description() -> LaunchDescription:
    """
    Describe the arguments, the node, the recorder and the player.

    :return: the description.
    """
    return LaunchDescription([
        *(DeclareLaunchArgument(name, default_value=default, description=words)
          for name, (default, words) in ARGUMENTS.items()),
        OpaqueFunction(function=_make)])


def _make(context: LaunchContext) -> list[Any]:
    given = {name: LaunchConfiguration(name).perform(context) for name in ARGUMENTS}
    cameras = yaml.safe_load(given['cameras']) if given['cameras'] else []
    cameras = [cameras] if isinstance(cameras, str) else cameras
    node = LifecycleNode(
        package='imrs_ros', executable='recognizer', name='recognizer', namespace='',
        output='screen', parameters=[given['config'], {
            'use_sim_time': True, 'top_k': ALL_CLASSES,
            **({'model': given['model']} if given['model'] else {}),
            **({'cameras': cameras} if cameras else {})}])
    options = [*(['--model', given['model']] if given['model'] else []),
               *(['--annotations', given['annotations']] if given['annotations'] else []),
               *(['--topics', *cameras] if cameras else [])]
    recorder = Node(
        package='imrs_ros', executable='record_live', output='screen', on_exit=_end,
        arguments=[given['bag'], '--params', given['config'], '--out', given['out'], *options])
    # No frame is lost while the node loads its model.
    start = RegisterEventHandler(OnStateTransition(
        target_lifecycle_node=node, goal_state='active',
        entities=[_player(given['bag'], cameras)]))
    return [start, recorder, node]


def _end(event: ProcessExited, context: LaunchContext) -> list[Any]:
    """End the launch with the recorder; with a status of 1 where it failed."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'expected a report from the recorder, it ended with status '
                           f'{event.returncode}; its messages stand above')
    return [Shutdown(reason='the recording is reported')]


def _player(bag: str, cameras: Sequence[str]) -> Any:
    if shutil.which('ros2') and find_spec('ros2bag'):
        return ExecuteProcess(cmd=['ros2', 'bag', 'play', bag, '--clock', '100'], output='screen')
    return Node(package='imrs_ros', executable='play_bag', output='screen',
                arguments=[bag, '--clock', '--wait-sec', '60', '--clock-subscribers', '2',
                           *(['--topics', *cameras] if cameras else [])])
