"""
Replay a bag to the node, and report what it said beside what it should have said.

Example: ``ros2 launch imrs_ros replay.launch.py bag:=walk annotations:=walk.csv out:=report``.
"""

from pathlib import Path
from typing import Any

from imrs_ros.evaluation.live.replay import NODE_PARAMETERS, player_arguments
from imrs_ros.evaluation.recordings.source import topics_of
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
import yaml

CONFIG = Path(__file__).resolve().parent.parent / 'config' / 'recognizer.yaml'
WRITE_LIMIT_SEC = '30'
"""The recorder writes what it has heard when it is interrupted."""
ARGUMENTS = {
    'bag': (None, 'The recording.'),
    'annotations': ('', 'What it shows; default what lies beside it.'),
    'config': (str(CONFIG), 'Parameter file of the node.'),
    'model': ('', 'Name of an installed model or path of a model folder.'),
    'cameras': ('', 'Image topics, as a YAML list; default those of the parameter file that the '
                    'recording has, else all that it has.'),
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
    cameras = cameras or list(topics_of(Path(given['bag']), Path(given['config'])))
    # The three start together: the player waits until all is heard.
    node = LifecycleNode(
        package='imrs_ros', executable='recognizer', name='recognizer', namespace='',
        output='screen', on_exit=_check, parameters=[given['config'], {
            **NODE_PARAMETERS, 'cameras': cameras,
            **({'model': given['model']} if given['model'] else {})}])
    player = Node(
        package='imrs_ros', executable='play_bag', output='screen', on_exit=_check,
        arguments=player_arguments(given['bag'], cameras))
    options = [*(['--model', given['model']] if given['model'] else []),
               *(['--annotations', given['annotations']] if given['annotations'] else [])]
    recorder = Node(
        package='imrs_ros', executable='record_live', output='screen', on_exit=_end,
        sigkill_timeout=WRITE_LIMIT_SEC, arguments=[
            given['bag'], '--params', given['config'], '--out', given['out'], '--topics',
            *cameras, *options])
    return [recorder, node, player]


def _check(event: ProcessExited, context: LaunchContext) -> list[Any]:
    """End the launch, with a status of 1, with a process that failed."""
    if event.returncode and not context.is_shutdown:
        raise RuntimeError(f'expected {event.process_name} to end well, it ended with status '
                           f'{event.returncode}; its messages stand above')
    return []


def _end(event: ProcessExited, context: LaunchContext) -> list[Any]:
    """End the launch with the recorder, as ``_check`` where it failed."""
    _check(event, context)
    return [] if context.is_shutdown else [Shutdown(reason='the recording is reported')]
