# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Names that others read: the topics of the node, and its entries in ``/diagnostics``; no ROS."""

from imrs_ros.node_settings import NODE

RECOGNIZER = f'/{NODE}'
"""Full name of a recognizer without a namespace."""
CLASSIFICATION, ACTION, LABEL, ANNOTATED = 'classification', 'action', 'label', 'annotated'
PEOPLE, PERSON_ACTION = 'people', 'person_action'
"""Outputs of every camera."""
LABELS = '~/labels'
DIAGNOSTICS = '/diagnostics'


def output_topic(camera: str, output: str, node: str = '~') -> str:
    """
    Return the topic of a camera's output.

    :param camera: the camera's name.
    :param output: one of the outputs above.
    :param node: full name of the node; default its private namespace, for the node itself.
    :return: such as ``/recognizer/front/action``.
    """
    return f'{node}/{camera}/{output}'


def status_name(node: str, camera: str | None = None) -> str:
    """
    Return the name of an entry in ``/diagnostics``.

    :param node: full name of the node, so that those of two namespaces differ.
    :param camera: the camera's name; None for the node itself.
    :return: such as ``/robot1/recognizer: camera front``.
    """
    return f'{node}: node' if camera is None else f'{node}: camera {camera}'


def camera_of_status(name: str, node: str) -> str | None:
    """
    Return the camera that an entry in ``/diagnostics`` describes.

    :param name: name of the entry.
    :param node: full name of the node.
    :return: the camera's name; None for an entry of another node, or of no camera.
    """
    prefix = status_name(node, '')
    return name[len(prefix):] if name.startswith(prefix) else None
