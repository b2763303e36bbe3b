# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The finder's parameters: one table, declared on a node.

``python -m imrs_ros.person_finder.parameters`` prints ``docs/person_finder.md``.
"""

from collections.abc import Sequence
from typing import Any

from imrs_ros.node.parameters import (
    common_cells, described, markdown_table, ParameterSpec)
from imrs_ros.node_settings import RELIABILITIES, TRANSPORTS
from imrs_ros.person_finder.settings import finder_default, FinderSettings
from rcl_interfaces.msg import SetParametersResult
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.parameter import Parameter

PAGE = """\
# The person finder

A second node, `ros2 run imrs_ros person_finder`: it finds people in camera images with MoveNet
MultiPose Lightning (up to six in an image) and publishes them for the recognizer, or for anyone
else. Any other detector that publishes the same message on the same topic takes its place.

| topic | type | when |
|---|---|---|
| `detections` in the namespace of the images: `/front/detections` for `/front/image_raw` | \
`vision_msgs/Detection2DArray`: header of the image; of each person the box in pixels of that \
image, an `id` that stays the same from image to image, `person` as `class_id`, and the certainty \
as `score` | every image that is looked at; empty where nobody is seen |
| `/diagnostics` | `diagnostic_msgs/DiagnosticArray`: rates, latency, people, dropped images and \
why, of each camera | 1 Hz |

It is a lifecycle node, like the recognizer, and finds its image topics in the same way. Only the
newest image waits: when the machine is too slow, images are left out (`num_overtaken`), and no
result is late. It is a process of its own, although each image is decoded twice then: a JPEG of
640 x 480 takes 1.1 ms of a core
([measured](performance.md#one-image-from-message-to-ring)), the network some thirty times as long
(`PYTHONPATH=. python benchmarks/finder_cost.py`), and neither node waits for the other. Keypoints
are not published: no standard message holds them.

The network takes the whole picture, between black bars, at 256 x 256 pixels. At the first start,
its graph for OpenVINO is written from the weights, without PyTorch, and cached in
`~/.cache/imrs_ros`; `python -m imrs_ros.backends.finder_export <folder of the finder>` puts it
beside the weights instead.

## Parameters

Generated from the table in `imrs_ros/person_finder/parameters.py` by
`python -m imrs_ros.person_finder.parameters`; a test keeps it up to date.
`config/person_finder.yaml` is a file to copy.

{table}

All are read when the node configures; changes are refused while it is configured. At start, a
value of a wrong type or beyond its limits ends the process with the reason; any other wrong value
keeps the node unconfigured until it is corrected.

## Ids

A person has an id from the second image on. Who is lost for up to 1 s keeps it. Two people who
cover each other get new ids when they are apart again: boxes alone do not say which is which, and
a new id does less harm than the wrong one. No id is used twice until the node is configured
again. Ids come from SORT, a tracker of the library
[trackers](https://github.com/roboflow/trackers); `benchmarks/compare_trackers.py` compares it with
the others.

`make setup` installs the library. On a robot, plain `pip install trackers` would replace the
NumPy 1.26 of Ubuntu 24.04, which rclpy was built for, and bring a second OpenCV. This does not:

    sudo apt install python3-scipy python3-requests python3-defusedxml python3-rich python3-pil
    pip install --no-deps trackers==2.6.1 supervision==0.31.2 pydeprecate==0.13.0

`trackers` asks for NumPy 2.0.2 and SciPy 1.13 or newer, but runs without them: with NumPy 1.26.4
and SciPy 1.11.4, the versions of Ubuntu 24.04, it passes `test/people/test_identities.py`. Without
the library, set `track` to false and let another node give the ids; a detector that gives ids
needs no library.
"""

TABLE = (
    ParameterSpec('autostart', 'Configure and activate at start, without a lifecycle manager.'),
    ParameterSpec('model', 'Name of an installed people finder, or path of its folder.'),
    ParameterSpec('cameras', 'Image topics, without the suffix of a transport; one that ends in '
                             '/compressed is subscribed to as compressed.'),
    ParameterSpec('transport', f'Image transport: {", ".join(TRANSPORTS)}. auto subscribes to '
                               'what is published and delivers, to raw where both do.'),
    ParameterSpec('reliability', 'QoS reliability of the camera subscriptions: '
                                 f'{" or ".join(RELIABILITIES)}.'),
    ParameterSpec('rate_hz', 'Images of a camera that are looked at, by their stamps; 0 for every '
                             'image.', 'Hz', (0.0, 1000.0)),
    ParameterSpec('min_score', 'Least certainty of a person.', '', (0.0, 1.0)),
    ParameterSpec('num_threads', 'CPU threads of the network; 0 for the choice of OpenVINO.', '',
                  (0, 1024)),
    ParameterSpec('track', 'Whether people get ids that stay the same from image to image.'),
)
NAMES = {spec.name for spec in TABLE}


def declare_parameters(node: Node) -> None:
    """
    Declare every parameter.

    :param node: owns them.
    :raises ValueError: when a value given at start is of a wrong type, or beyond its limits.
    """
    for spec in TABLE:
        try:
            default = finder_default(spec.name)
            node.declare_parameter(spec.name, default, described(spec, default))
        except ParameterException as error:
            raise ValueError(f'parameter {spec.name}: {error}') from error


def read_parameters(node: Node) -> FinderSettings:
    """
    Make settings from the current values.

    :param node: has them declared.
    :return: the settings.
    :raises SettingsError: naming wrong parameters, what they must be, and their values.
    """
    values: dict[str, Any] = {name: node.get_parameter(name).value for name in NAMES}
    return FinderSettings(**{**values, 'cameras': tuple(values['cameras'])})


def refuse_all(changed: Sequence[Parameter]) -> SetParametersResult:
    """
    Refuse changes of a configured node's parameters.

    :param changed: new values.
    :return: a refusal of those of the table.
    """
    names = [parameter.name for parameter in changed if parameter.name in NAMES]
    return SetParametersResult(successful=not names, reason='' if not names else (
        f'{", ".join(names)} cannot change while the node is configured; deactivate and clean it '
        'up first'))


def page_text() -> str:
    """
    Return the page of the node.

    :return: content of ``docs/person_finder.md``.
    """
    rows = [(*common_cells(spec, finder_default(spec.name)), spec.description) for spec in TABLE]
    return PAGE.format(table=markdown_table(
        ('Parameter', 'Default', 'Unit', 'Limits', 'Description'), rows))


if __name__ == '__main__':
    print(page_text(), end='')
