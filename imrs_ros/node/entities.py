# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What is created on a node together, and destroyed together.

A node of this package has a session from configure to cleanup. ``SessionNode`` is its transitions
and ``run_node`` its process.
"""

from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from functools import wraps
import gc
import sys
import time
from typing import Any

from imrs_ros.backends.progress import listening
from imrs_ros.node.parameter_files import unused_file_warnings
from imrs_ros.node.qos import declare_overrides, OVERRIDING
from imrs_ros.node.shutdown import deferred
import rclpy
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription

DONE = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE
FAILED = TransitionCallbackReturn.ERROR
SIGNAL_CHECK_SEC = 0.1


class RosEntities:
    """
    Publishers, subscriptions, timers and other things to undo, the last created first.

    The quality of service of every topic can be overridden by parameters ``qos_overrides...``.
    """

    def __init__(self, node: LifecycleNode) -> None:
        """
        Start empty.

        :param node: owns what is created.
        """
        self.node = node
        self._undo = ExitStack()
        self._renew_group()

    def _renew_group(self) -> None:
        # A group never forgets its members: the node's own would grow with every transition.
        self._group = MutuallyExclusiveCallbackGroup()

    def publisher(self, kind: type, topic: str, qos: QoSProfile) -> Publisher:
        """
        Create a publisher that is active in every state of the node.

        :param kind: its message.
        :param topic: its name.
        :param qos: its default quality of service.
        :return: the publisher.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_publisher(
            kind, topic, **self._common_arguments(topic, 'publisher', qos))
        self._undo.callback(self.node.destroy_publisher, created)
        return created

    def lifecycle_publisher(self, kind: type, topic: str, qos: QoSProfile) -> LifecyclePublisher:
        """
        Create a publisher that is active while the node is.

        :param kind: its message.
        :param topic: its name.
        :param qos: its default quality of service.
        :return: the publisher.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_lifecycle_publisher(
            kind, topic, **self._common_arguments(topic, 'publisher', qos))
        self._undo.callback(self.node.destroy_lifecycle_publisher, created)
        return created

    def subscription(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile,
        **arguments: Any,
    ) -> Subscription:
        """
        Subscribe.

        :param kind: the message.
        :param topic: the topic.
        :param callback: called with every message.
        :param qos: default of the requested quality of service.
        :param arguments: more of ``create_subscription``.
        :return: the subscription.
        :raises ValueError: when the quality of service is overridden wrongly.
        """
        created = self.node.create_subscription(
            kind, topic, callback, **self._common_arguments(topic, 'subscription', qos),
            **arguments)
        self._undo.callback(self.node.destroy_subscription, created)
        return created

    def _common_arguments(self, topic: str, entity: str, qos: QoSProfile) -> dict[str, Any]:
        for name in declare_overrides(self.node, topic, entity, qos):
            self._undo.callback(self.node.undeclare_parameter, name)
        # A copy, because rclpy writes the overrides into it.
        return {'qos_profile': copy(qos), 'qos_overriding_options': OVERRIDING,
                'callback_group': self._group}

    def timer(self, period_sec: float, callback: Callable[[], None], clock: Clock) -> None:
        """
        Call a function periodically.

        :param period_sec: time between two calls.
        :param callback: the function.
        :param clock: measures the period.
        """
        self._undo.callback(self.node.destroy_timer, self.node.create_timer(
            period_sec, callback, callback_group=self._group, clock=clock))

    def on_close(self, call: Callable[..., object], *arguments: Any) -> None:
        """
        Register something else to do in ``close``.

        :param call: the function to call.
        :param arguments: its arguments.
        """
        self._undo.callback(call, *arguments)

    def close(self) -> None:
        """Destroy everything; more may be created afterwards."""
        self._undo.close()
        self._renew_group()


def clock_sec(node: LifecycleNode) -> float:
    """
    Return the time by which a node's cameras are watched.

    :param node: the node.
    :return: simulated time where the node uses it, else a time that never goes back, s.
    """
    clock = node.get_clock()
    return clock.now().nanoseconds / 1e9 if clock.ros_time_is_active else time.monotonic()


Transition = Callable[['SessionNode', LifecycleState], TransitionCallbackReturn]


def reported(transition: Transition) -> Transition:
    """
    Log the exception of a transition and end it in ``on_error``: rclpy logs nothing.

    :param transition: a method.
    :return: the method to use.
    """
    @wraps(transition)
    def run(node: 'SessionNode', state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(node, state)
        except Exception as error:
            node.log_error(f'{transition.__name__} failed: {type(error).__name__}: {error}')
            return FAILED
    return run


class SessionNode(LifecycleNode):
    """
    A lifecycle node with a session from configure to cleanup, of which nothing remains.

    Subclasses say what the session is: ``open_session`` and ``close_session``, and what it does
    while the node is active: ``activate_session`` and ``deactivate_session``.
    """

    def __init__(self, name: str, **node_arguments: Any) -> None:
        """
        Create an unconfigured node.

        :param name: of the node.
        :param node_arguments: passed to ``rclpy.node.Node``, such as ``context``.
        """
        # First, for a node that is refused half-made is destroyed like any other.
        self._entities = RosEntities(self)
        super().__init__(name, **node_arguments)

    def open_session(self) -> None:
        """
        Read the parameters and load what is needed.

        :raises Exception: ``ValueError``, ``OSError`` or ``RuntimeError`` to refuse the
            parameters: the node stays unconfigured and may be configured again.
        """
        raise NotImplementedError

    def close_session(self) -> bool:
        """
        Forget the session; the entities are closed next.

        :return: whether there was one.
        """
        raise NotImplementedError

    def activate_session(self) -> None:
        """Subscribe."""
        raise NotImplementedError

    def deactivate_session(self) -> None:
        """Unsubscribe, while publishers still publish; nothing without a session."""
        raise NotImplementedError

    def leave(self) -> None:
        """Tell others what they must know before the process ends."""

    @reported
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Open a session.

        :param state: the previous state.
        :return: success, or failure with the reason in the log: the node stays unconfigured and
            may be configured again.
        """
        try:
            with listening(self._log_progress):
                self.open_session()
        except (ValueError, OSError, RuntimeError) as error:
            self._release()
            self.log_error(f'not configured: {error}')
            return REFUSED
        return DONE

    @reported
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Subscribe.

        :param state: the previous state.
        :return: success, or error when that fails: everything is freed.
        """
        done = super().on_activate(state)
        self.activate_session()
        return done

    @reported
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Unsubscribe; what was loaded stays loaded.

        :param state: the previous state.
        :return: success.
        """
        self.deactivate_session()
        return super().on_deactivate(state)

    @reported
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Free everything.

        :param state: the previous state.
        :return: success.
        """
        self._release()
        return DONE

    @reported
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """
        Unsubscribe and free everything.

        :param state: the previous state.
        :return: success.
        """
        self.deactivate_session()
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

    def _release(self) -> None:
        """Undo whatever configure and activate did, however far they came."""
        had_session = self.close_session()
        self._entities.close()
        if had_session:
            # Callbacks and what owns them refer to each other. Until Python collects such circles,
            # rarely, the memory of this session would stay.
            gc.collect()

    def _log_progress(self, text: str) -> None:
        """Log what takes long at configure, from any thread, unless the process is ending."""
        if self.context.ok():
            self.get_logger().info(text)

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


def start(node: SessionNode) -> None:
    """
    Configure and activate a node, unless its parameter ``autostart`` is false.

    :param node: an unconfigured node; it stays so when configuring is refused.
    """
    if node.get_parameter('autostart').value and node.trigger_configure() == DONE:
        node.trigger_activate()


def run_node(make: Callable[[], SessionNode], args: list[str] | None = None) -> None:
    """
    Run a node until the context ends or the process is interrupted; it takes its leave then.

    :param make: creates the node.
    :param args: command line; default that of the process.
    :raises KeyboardInterrupt: when the process is interrupted.
    :raises ValueError: what ``make`` raised.
    """
    node = None
    try:
        with deferred():
            # Its handlers would end the context, and with it all that could still be published.
            rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
            node = make()
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
