# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The person finder: camera topics in, people out. Here are its transitions and its process."""

from collections.abc import Callable
from functools import wraps
import sys
from typing import Any

from imrs_ros.node.entities import RosEntities
from imrs_ros.node.parameter_files import unused_file_warnings
from imrs_ros.node.shutdown import deferred
from imrs_ros.person_finder.parameters import declare_parameters, read_parameters
from imrs_ros.person_finder.session import Session
from imrs_ros.person_finder.settings import FINDER_NODE
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

DONE = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE
FAILED = TransitionCallbackReturn.ERROR
SIGNAL_CHECK_SEC = 0.1

FinderTransition = Callable[['FinderNode', LifecycleState], TransitionCallbackReturn]


def logged(transition: FinderTransition) -> FinderTransition:
    """
    Log the exception of a transition and end it in ``on_error``: rclpy logs nothing.

    :param transition: a method.
    :return: the method to use.
    """
    @wraps(transition)
    def run_logged(node: 'FinderNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            node.log_error(f'{transition.__name__} failed: {type(error).__name__}: {error}')
            return FAILED
    return run_logged


class FinderNode(LifecycleNode):
    """A lifecycle node that finds people in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Create an unconfigured node with its parameters declared.

        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        :raises ValueError: when a parameter is of a wrong type, or beyond its limits.
        """
        # First, for a node that is refused half-made is destroyed like any other.
        self._entities = RosEntities(self)
        self._session: Session | None = None
        super().__init__(FINDER_NODE, **node_arguments)
        declare_parameters(self)

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Read the parameters and load the network.

        :param state: the previous state.
        :return: success, or failure with the reason in the log: the node stays unconfigured and
            may be configured again.
        """
        try:
            self._session = Session(self._entities, read_parameters(self))
        except (ValueError, OSError, RuntimeError) as error:
            self._release()
            self.log_error(f'not configured: {error}')
            return REFUSED
        return DONE

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Subscribe to the cameras.

        :param state: the previous state.
        :return: success, or error when a camera cannot be subscribed to: everything is freed.
        """
        if self._session is None:
            raise RuntimeError('expected a configured node; configure it first')
        done = super().on_activate(state)
        self._session.activate()
        return done

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Unsubscribe from the cameras; the network stays loaded.

        :param state: the previous state.
        :return: success.
        """
        if self._session is not None:
            self._session.deactivate()
        return super().on_deactivate(state)

    @logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free the network and the publishers.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    @logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    @logged
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything after an unexpected exception, so that the node can be configured again.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    def _release(self) -> None:
        """Undo whatever configure and activate did, however far they came."""
        self._session = None
        self._entities.close()

    def log_error(self, text: str) -> None:
        """
        Log an error, unless the process is ending: anything may fail then, and none of it matters.

        :param text: the message.
        """
        if self.context.ok():
            self.get_logger().error(text)

    def destroy_node(self) -> None:
        """Free everything, then the node."""
        self._release()
        super().destroy_node()


def start_finder(node: FinderNode) -> None:
    """
    Configure and activate a node, unless its parameter ``autostart`` is false.

    :param node: an unconfigured node; it stays so when configuring is refused.
    """
    if node.get_parameter('autostart').value and node.trigger_configure() == DONE:
        node.trigger_activate()


def run_finder(args: list[str] | None = None) -> None:
    """
    Run the node until the context ends or the process is interrupted.

    :param args: command line; default that of the process.
    :raises KeyboardInterrupt: when the process is interrupted.
    :raises ValueError: when a parameter is of a wrong type, or beyond its limits.
    """
    node = None
    try:
        with deferred():
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            node = FinderNode()
        for warning in unused_file_warnings(
                sys.argv if args is None else args, node.get_fully_qualified_name()):
            node.get_logger().warning(warning)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        # Python handles signals between two callbacks only, so there must be some.
        node.create_timer(SIGNAL_CHECK_SEC, lambda: None, clock=Clock(
            clock_type=ClockType.STEADY_TIME))
        start_finder(node)
        executor.spin()
    except ExternalShutdownException:
        pass
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
