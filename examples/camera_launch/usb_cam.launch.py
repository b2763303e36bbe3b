# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Start a USB camera (usb_cam) and the recognizer on its images.

``ros2 launch ./usb_cam.launch.py video_device:=/dev/video2 camera:=front people:=true``
"""

from launch import LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, GroupAction, IncludeLaunchDescription, SetEnvironmentVariable)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
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
    driver = Node(
        package='usb_cam', executable='usb_cam_node_exe', namespace=CAMERA, name='usb_cam',
        parameters=[{
            'video_device': ParameterValue(LaunchConfiguration('video_device'), value_type=str),
            'camera_name': ParameterValue(CAMERA, value_type=str),
            'frame_id': ParameterValue([CAMERA, '_optical_frame'], value_type=str),
            'image_width': 640, 'image_height': 480, 'framerate': 30.0,
            'pixel_format': 'mjpeg2rgb'}],
        output='screen')
    recognizer = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(
            PathJoinSubstitution([SHARE, 'launch', 'recognizer.launch.py'])),
        launch_arguments={
            'cameras': ['[/', CAMERA, '/image_raw]'], 'model': LaunchConfiguration('model'),
            'people': LaunchConfiguration('people')}.items())
    return LaunchDescription([
        DeclareLaunchArgument(
            'video_device', default_value='/dev/video0', description='Device of the camera.'),
        DeclareLaunchArgument(
            'camera', default_value='front',
            description='Namespace of the camera, and its name at the recognizer.'),
        DeclareLaunchArgument(
            'model', default_value='', description='Model; empty for the one that ships.'),
        DeclareLaunchArgument(
            'people', default_value='',
            description='true for an action of everyone in the picture.'),
        SetEnvironmentVariable('FASTDDS_DEFAULT_PROFILES_FILE', profile),
        SetEnvironmentVariable('FASTRTPS_DEFAULT_PROFILES_FILE', profile),
        driver,
        # In a scope of its own: arguments of the recognizer do not leak into what follows.
        GroupAction([recognizer]),
    ])
