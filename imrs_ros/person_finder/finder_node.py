# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The person finder: camera topics in, people out. Here is what its transitions do."""

from typing import Any

from imrs_ros.node.entities import SessionNode
from imrs_ros.person_finder.parameters import declare_parameters, read_parameters
from imrs_ros.person_finder.session import Session
from imrs_ros.person_finder.settings import FINDER_NODE


class FinderNode(SessionNode):
    """A lifecycle node that finds people in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Create an unconfigured node with its parameters declared.

        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        :raises ValueError: when a parameter is of a wrong type, or beyond its limits.
        """
        self._session: Session | None = None
        super().__init__(FINDER_NODE, **node_arguments)
        declare_parameters(self)

    def open_session(self) -> None:
        """Read the parameters and load the network."""
        self._session = Session(self._entities, read_parameters(self))

    def activate_session(self) -> None:
        """Subscribe to the cameras."""
        if self._session is None:
            raise RuntimeError('expected a configured node; configure it first')
        self._session.activate()

    def deactivate_session(self) -> None:
        """Unsubscribe from the cameras; the network stays loaded."""
        if self._session is not None:
            self._session.deactivate()

    def close_session(self) -> bool:
        """Forget the network and the publishers."""
        had_session, self._session = self._session is not None, None
        return had_session
