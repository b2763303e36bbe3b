# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node: camera topics in, action labels out. Here is what its transitions do."""

from collections.abc import Sequence
from typing import Any

from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.configured import Configured
from imrs_ros.node.entities import SessionNode
from imrs_ros.node.parameters import RosParameters
from imrs_ros.node_settings import NODE

ACKNOWLEDGE_SEC = 0.1
"""Longest wait for subscribers of one topic when the process ends."""


class RecognizerNode(SessionNode):
    """A lifecycle node that recognises actions in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Create an unconfigured node with its parameters declared.

        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        """
        self._configured: Configured | None = None
        super().__init__(NODE, **node_arguments)
        self.parameters = RosParameters(self)

    def open_session(self) -> None:
        """Read the parameters and load the model."""
        settings = self.parameters.read()
        self._check_topics(settings.node.cameras)
        card = ModelCard.load(find_model(settings.node.model))
        self._configured = Configured(self._entities, self.parameters, settings, card)

    def _check_topics(self, topics: Sequence[str]) -> None:
        for topic in topics:
            try:
                self.resolve_topic_name(topic)
            except RuntimeError as error:
                raise ValueError(
                    f'cameras must be names of topics, got {topic!r}: {error}') from error

    def activate_session(self) -> None:
        """Subscribe to the cameras."""
        if self._configured is None:
            raise RuntimeError('expected a configured node; configure it first')
        self._configured.activate()

    def deactivate_session(self) -> None:
        """Unsubscribe from the cameras, forget their frames, and end the decided actions."""
        if self._configured is not None:
            self._configured.deactivate()

    def close_session(self) -> bool:
        """Forget the model and the publishers."""
        was_configured, self._configured = self._configured is not None, None
        return was_configured

    def leave(self) -> None:
        """End the decided actions for good, and wait until subscribers have it."""
        if self._configured is not None and self.context.ok():
            self.deactivate_session()
            self._configured.wait_until_received(ACKNOWLEDGE_SEC)
