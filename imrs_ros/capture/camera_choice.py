# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Which image topic of the graph is meant by a topic or by the name of a camera."""

from collections.abc import Collection

from imrs_ros.node.transport import COMPRESSED_SUFFIX
from imrs_ros.node_settings import camera_name
from rclpy.node import Node

KINDS = ('sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage')
USUAL = '/image_raw'
"""End of the topic that is meant where a camera publishes several, such as rectified images."""


def published_images(node: Node) -> dict[str, str]:
    """
    List the image topics that are published.

    :param node: sees the graph.
    :return: the message of each topic, by its name.
    """
    return {topic: kind.rpartition('/')[2] for topic, kinds in node.get_topic_names_and_types()
            for kind in kinds if kind in KINDS and node.count_publishers(topic)}


def choose_camera(camera: str, resolved: str, published: Collection[str]) -> str | None:
    """
    Choose the topic that is meant.

    :param camera: a topic, with a slash, or a word: a topic, or the name of a camera as the
        recognizer gives it.
    :param resolved: ``camera`` as the name of a topic, with namespace and remappings.
    :param published: image topics of the graph.
    :return: the topic, without the suffix of a transport unless it is given; None where no topic
        that is published has the name.
    :raises ValueError: when several have.
    """
    if '/' in camera or {resolved, resolved + COMPRESSED_SUFFIX} & {*published}:
        return camera
    found = sorted({topic.removesuffix(COMPRESSED_SUFFIX) for topic in published
                    if camera_name(topic) == camera})
    usual = [topic for topic in found if topic.endswith(USUAL)]
    if len(found) > 1 and len(usual) != 1:
        raise ValueError(f'expected one image topic of the camera {camera}, got '
                         f'{", ".join(found)}; give one of them as --camera')
    return next(iter(usual or found), None)
