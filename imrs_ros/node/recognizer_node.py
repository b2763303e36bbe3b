# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The node: camera topics in, action labels out. Here are its transitions and its process."""

from collections.abc import Callable, Sequence
from functools import wraps
import gc
import sys
from typing import Any

from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from imrs_ros.node.configured import Configured
from imrs_ros.node.entities import RosEntities
from imrs_ros.node.parameter_files import unused_file_warnings
from imrs_ros.node.parameters import RosParameters
from imrs_ros.node.shutdown import deferred
from imrs_ros.node_settings import NODE
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

DONE = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE
FAILED = TransitionCallbackReturn.ERROR
SIGNAL_CHECK_SEC = 0.1
ACKNOWLEDGE_SEC = 0.1
"""Longest wait for subscribers of one topic when the process ends."""

Transition = Callable[['RecognizerNode', LifecycleState], TransitionCallbackReturn]


def reported(transition: Transition) -> Transition:
    """
    Log the exception of a transition and end it in ``on_error``: rclpy logs nothing.

    :param transition: a method.
    :return: the method to use.
    """
    @wraps(transition)
    def run(node: 'RecognizerNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            node.log_error(f'{transition.__name__} failed: {type(error).__name__}: {error}')
            return FAILED
    return run


class RecognizerNode(LifecycleNode):
    """A lifecycle node that recognises actions in the images of its cameras."""

    def __init__(self, **node_arguments: Any) -> None:
        """
        Create an unconfigured node with its parameters declared.

        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        """
        # First, for a node that is refused half-made is destroyed like any other.
        self._entities = RosEntities(self)
        self._configured: Configured | None = None
        super().__init__(NODE, **node_arguments)
        self.parameters = RosParameters(self)

    @reported
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Read the parameters and load the model.

        :param state: the previous state.
        :return: success, or failure with the reason in the log: the node stays unconfigured and
            may be configured again.
        """
        try:
            settings = self.parameters.read()
            self._check_topics(settings.node.cameras)
            card = ModelCard.load(find_model(settings.node.model))
            self._configured = Configured(self._entities, self.parameters, settings, card)
        except (ValueError, OSError, RuntimeError) as error:
            self._release()
            self.log_error(f'not configured: {error}')
            return REFUSED
        return DONE

    def _check_topics(self, topics: Sequence[str]) -> None:
        for topic in topics:
            try:
                self.resolve_topic_name(topic)
            except RuntimeError as error:
                raise ValueError(
                    f'cameras must be names of topics, got {topic!r}: {error}') from error

    @reported
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Subscribe to the cameras.

        :param state: the previous state.
        :return: success, or error when a camera cannot be subscribed to: everything is freed.
        """
        if self._configured is None:
            raise RuntimeError('expected a configured node; configure it first')
        done = super().on_activate(state)
        self._configured.activate()
        return done

    @reported
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Unsubscribe from the cameras and forget their frames; the model stays loaded.

        :param state: the previous state.
        :return: success.
        """
        self._end_actions()
        return super().on_deactivate(state)

    @reported
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free the model and the publishers.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    @reported
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        End the decided actions and free everything.

        :param state: the previous state.
        :return: success.
        """
        self._end_actions()
        self._release()
        return DONE

    @reported
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything after an unexpected exception, so that the node can be configured again.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    def leave(self) -> None:
        """End the decided actions for good, and wait until subscribers have it."""
        if self._configured is not None and self.context.ok():
            self._end_actions()
            self._configured.wait_until_received(ACKNOWLEDGE_SEC)

    def _end_actions(self) -> None:
        """Deactivate while the publishers still publish."""
        if self._configured is not None:
            self._configured.deactivate()

    def _release(self) -> None:
        """Undo whatever configure and activate did, however far they came."""
        was_configured, self._configured = self._configured is not None, None
        self._entities.close()
        if was_configured:
            # Callbacks and what owns them refer to each other. Until Python collects such circles,
            # rarely, the rings and the network of this session would stay.
            gc.collect()

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


def start(node: RecognizerNode) -> None:
    """
    Configure and activate a node, unless its parameter ``autostart`` is false.

    :param node: an unconfigured node; it stays so when configuring is refused.
    """
    if node.get_parameter('autostart').value and node.trigger_configure() == DONE:
        node.trigger_activate()


def run(args: list[str] | None = None) -> None:
    """
    Run the node until the context ends or the process is interrupted; end the actions then.

    :param args: command line; default that of the process.
    :raises KeyboardInterrupt: when the process is interrupted.
    """
    node = None
    try:
        with deferred():
            # Its handlers would end the context, and with it all that could still be published.
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            node = RecognizerNode()
        for warning in unused_file_warnings(
                sys.argv if args is None else args, node.get_fully_qualified_name()):
            node.get_logger().warning(warning)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        # Python handles signals between two callbacks only, so there must be some.
        node.create_timer(SIGNAL_CHECK_SEC, lambda: None, clock=Clock(
            clock_type=ClockType.STEADY_TIME))
        start(node)
        executor.spin()
    except ExternalShutdownException:
        pass
    finally:
        if node is not None:
            node.leave()
            node.destroy_node()
        rclpy.try_shutdown()
