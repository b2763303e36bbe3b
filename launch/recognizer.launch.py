"""
Start the recognizer node.

Example: ``ros2 launch imrs_ros recognizer.launch.py cameras:=[/front/image_raw] backend:=torch``.
"""

from pathlib import Path

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.launch_context import LaunchContext
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode
import yaml

CONFIG = Path(__file__).resolve().parent.parent / 'config' / 'recognizer.yaml'
OVERRIDES = ('model', 'cameras', 'backend')
"""Arguments that override the configuration file where they are given."""


def generate_launch_description() -> LaunchDescription:
    """
    Describe the arguments and the node.

    :return: the description.
    """
    return LaunchDescription([
        DeclareLaunchArgument(
            'config', default_value=str(CONFIG), description='Parameter file of the node.'),
        DeclareLaunchArgument(
            'model', default_value='',
            description='Name of an installed model or path of a model folder.'),
        DeclareLaunchArgument(
            'cameras', default_value='',
            description='Image topics, as a YAML list: [/front/image_raw, /rear/compressed].'),
        DeclareLaunchArgument(
            'backend', default_value='', description='auto, openvino or torch.'),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node.'),
        OpaqueFunction(function=_make_node),
    ])


def _make_node(context: LaunchContext) -> list[LifecycleNode]:
    given = {name: LaunchConfiguration(name).perform(context) for name in OVERRIDES}
    overrides = {name: yaml.safe_load(text) for name, text in given.items() if text}
    if isinstance(overrides.get('cameras'), str):
        overrides['cameras'] = [overrides['cameras']]
    return [LifecycleNode(
        package='imrs_ros', executable='recognizer', name='recognizer',
        namespace=LaunchConfiguration('namespace').perform(context),
        parameters=[LaunchConfiguration('config').perform(context), *([overrides] * bool(
            overrides))],
        output='screen')]
