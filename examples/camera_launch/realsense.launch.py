# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Start a RealSense camera (realsense2_camera) and the recognizer on its colour images.

``ros2 launch ./realsense.launch.py camera:=front people:=true``
"""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, SetEnvironmentVariable)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.substitutions import FindPackageShare

SHARE = FindPackageShare('imrs_ros')
CAMERA = LaunchConfiguration('camera')


def generate_launch_description() -> LaunchDescription:
    """
    Describe the arguments, the camera's driver and the recognizer.

    :return: the description.
    """
    # By default, Fast DDS loses raw images of VGA and more: both processes need the profile. The
    # first variable is read from Kilted on, the second before.
    profile = PathJoinSubstitution([SHARE, 'config', 'fastdds_images.xml'])
    driver = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution(
            [FindPackageShare('realsense2_camera'), 'launch', 'rs_launch.py'])),
        # The topics are /<camera_namespace>/<camera_name>/color/image_raw.
        launch_arguments={
            'camera_namespace': CAMERA, 'camera_name': 'realsense', 'enable_color': 'true',
            'enable_depth': LaunchConfiguration('depth')}.items())
    recognizer = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(
            PathJoinSubstitution([SHARE, 'launch', 'recognizer.launch.py'])),
        launch_arguments={
            'cameras': ['[/', CAMERA, '/realsense/color/image_raw]'],
            'model': LaunchConfiguration('model'),
            'people': LaunchConfiguration('people')}.items())
    return LaunchDescription([
        DeclareLaunchArgument(
            'camera', default_value='front',
            description='Namespace of the camera; its name at the recognizer is '
                        '<camera>_realsense_color.'),
        DeclareLaunchArgument(
            'depth', default_value='false', choices=['true', 'false'],
            description='Whether the camera publishes depth as well; the recognizer needs none.'),
        DeclareLaunchArgument(
            'model', default_value='', description='Model; empty for the one that ships.'),
        DeclareLaunchArgument(
            'people', default_value='',
            description='true for an action of everyone in the picture.'),
        SetEnvironmentVariable('FASTDDS_DEFAULT_PROFILES_FILE', profile),
        SetEnvironmentVariable('FASTRTPS_DEFAULT_PROFILES_FILE', profile),
        # In scopes of their own: both declare arguments such as log_level.
        GroupAction([driver]),
        GroupAction([recognizer]),
    ])
