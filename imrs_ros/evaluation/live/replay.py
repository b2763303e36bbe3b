# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Parameters of the node and the player in a replay, by launch file or ``record --alone``."""

from collections.abc import Mapping, Sequence
from typing import Any

START_LIMIT_SEC = 180.0
"""Time limit for node and recorder to subscribe to the player, and for its clock to run."""
NODE_PARAMETERS = {'use_sim_time': True, 'top_k': 1000}
"""On top of the node's own: the report needs the scores of every class."""
NUM_CLOCK_SUBSCRIBERS = 2
"""Subscribers of the clock: the node and the recorder."""


def people_parameters(people: Mapping[str, str]) -> dict[str, Any]:
    """
    Return the parameters with which the node follows the people of a recording.

    :param people: topics of the people, by image topic, in the order of the cameras.
    :return: the parameters; none without people.
    """
    return {'people': True, 'detections': ','.join(people.values())} if people else {}


def player_arguments(recording: str, topics: Sequence[str], people: Mapping[str, str],
                     ) -> list[str]:
    """
    Return the arguments for ``play`` to start when nobody misses an image.

    :param recording: path.
    :param topics: of the cameras.
    :param people: topics of the people, by image topic; none to publish none.
    :return: the arguments.
    """
    return [recording, '--clock', '--wait-sec', f'{START_LIMIT_SEC:g}', '--clock-subscribers',
            str(NUM_CLOCK_SUBSCRIBERS), '--topics', *topics,
            *(['--people', *dict.fromkeys(people.values())] if people else ())]
