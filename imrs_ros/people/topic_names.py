# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Where the people of a camera are published, by convention; no ROS."""

DETECTIONS = 'detections'
COMPRESSED_SUFFIX = '/compressed'
"""Of the topic on which image_transport publishes JPEG and PNG images."""


def detections_topic(image_topic: str) -> str:
    """
    Return the topic of a camera's detections: that of its images with another last word.

    :param image_topic: such as ``/front/image_raw`` or ``/front/image_raw/compressed``.
    :return: such as ``/front/detections``.
    """
    namespace, slash, _ = image_topic.removesuffix(COMPRESSED_SUFFIX).rpartition('/')
    is_bare = image_topic == COMPRESSED_SUFFIX
    return f'{"/" if is_bare else namespace + slash}{DETECTIONS}'
