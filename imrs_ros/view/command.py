# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The process of the view: ROS on one thread, the server or the terminal on the main one."""

from collections.abc import Sequence
from contextlib import ExitStack
import os
import signal
import sys
from types import FrameType

from imrs_ros.node.fastdds_profile import use_image_profile
from imrs_ros.node.shutdown import ignore, SIGNALS
from imrs_ros.view.options import read_options, ViewOptions

NODE = 'view'
"""Name of the node."""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Show the live view until SIGINT, SIGTERM or SIGHUP.

    :param arguments: command line; default that of the process.
    """
    given = list(sys.argv if arguments is None else [NODE, *arguments])
    for number in SIGNALS:
        # nohup has one ignored, and means it.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    try:
        from rclpy.utilities import remove_ros_args
        options = read_options(remove_ros_args(given)[1:])
        with ExitStack() as undo:
            _run(options, given, undo)
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'view: {error}')
    except KeyboardInterrupt:
        pass


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(options: ViewOptions, arguments: list[str], undo: ExitStack) -> None:
    """Show the view; ``undo`` ends what was started, the last first."""
    sources = None
    if options.sources:
        from imrs_ros.view.own_recognizer import choose_sources, OwnRecognizer, use_own_domain
        sources = choose_sources(options.sources, options.model, options.backend,
                                 people=options.people)
        undo.callback(use_own_domain().close)
    use_image_profile(os.environ)
    from imrs_ros.node.spinning import start_spinning
    from imrs_ros.view.graph_watcher import GraphWatcher
    from imrs_ros.view.live_state import LiveState
    import rclpy
    from rclpy.node import Node
    from rclpy.signals import SignalHandlerOptions
    rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
    undo.callback(rclpy.try_shutdown)
    node = Node(NODE, enable_rosout=False)
    undo.callback(node.destroy_node)
    clock = node.get_clock()
    state = LiveState(lambda: float(clock.now().nanoseconds / 1e9))
    watcher = GraphWatcher(node, state, options.node)
    if options.text:
        from imrs_ros.view.text_view import show
    else:
        from imrs_ros.view.server import ViewServer
        server = ViewServer(options, state, watcher.link)
        undo.callback(server.close)
        watcher.is_watched = server.is_watched
    undo.callback(start_spinning(node))
    if sources is not None:
        undo.callback(OwnRecognizer(node, sources, state).close)
    # Undone first: a second signal must not keep processes alive.
    undo.callback(_ignore_signals)
    if options.text:
        show(state)
        return
    # Those that the server does not handle itself.
    for number in set(SIGNALS) - {signal.SIGINT, signal.SIGTERM}:
        if signal.getsignal(number) is _interrupt:
            signal.signal(number, server.stop)
    server.run()


def _ignore_signals() -> None:
    for number in SIGNALS:
        signal.signal(number, ignore)
