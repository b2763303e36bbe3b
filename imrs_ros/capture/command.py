# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command line of ``capture``: its options, and its process."""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from imrs_ros.capture.options import CaptureOptions
from imrs_ros.node.shutdown import deferred, run_process
from imrs_ros.node_settings import RELIABILITIES, TRANSPORTS

if TYPE_CHECKING:
    from imrs_ros.capture.capture_node import CaptureNode

LINGER_SEC = 0.2
"""Time for the answer to whoever shut the node down by its service."""


def main(arguments: Sequence[str] | None = None) -> None:
    """
    Record until there are enough examples, or until SIGINT, SIGTERM or the key q.

    :param arguments: command line; default that of the process.
    """
    given = list(sys.argv if arguments is None else ['capture', *arguments])
    try:
        run_process(lambda: _run(given))
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'capture: {error}')


def _parser() -> argparse.ArgumentParser:
    defaults = {field.name: field.default for field in fields(CaptureOptions)}
    parser = argparse.ArgumentParser(
        prog='capture', description='Record examples of an action from a camera topic, for a '
        'model to learn from. Space pauses and goes on, q ends.')
    parser.set_defaults(**{name: value for name, value in defaults.items()
                           if name not in ('label', 'camera')})
    parser.add_argument('--label', required=True,
                        help='the action, which names a folder; no_action for background')
    parser.add_argument('--camera', required=True,
                        help='image topic, raw or compressed, or the name of a camera: front for '
                             '/front/image_raw')
    parser.add_argument('--seconds', type=float, help='of an example; default %(default)s')
    parser.add_argument('--countdown', type=float,
                        help='seconds before every example; default %(default)s')
    parser.add_argument('--count', type=int, help='examples to record; default 0: until stopped')
    parser.add_argument('--step', action='store_true',
                        help='wait for the space key, or for "activate", before every example')
    parser.add_argument('--out', type=Path, help='folder; default %(default)s')
    parser.add_argument('--timeout', type=float,
                        help='longest wait for an image, s; default %(default)s')
    parser.add_argument('--transport', choices=TRANSPORTS, help='default %(default)s')
    parser.add_argument('--reliability', choices=RELIABILITIES, help='default %(default)s')
    return parser


def _run(arguments: list[str]) -> None:
    from rclpy.utilities import remove_ros_args
    options = CaptureOptions(**vars(_parser().parse_args(remove_ros_args(arguments)[1:])))
    from imrs_ros.capture.capture_node import CaptureNode
    from imrs_ros.capture.example_folder import ExampleFolder
    from imrs_ros.capture.keyboard import Keyboard
    from imrs_ros.node.clips.video_file import check_pyav
    import rclpy
    from rclpy.signals import SignalHandlerOptions
    check_pyav()
    folder = ExampleFolder(options.out, options.label)
    node = None
    with Keyboard() as keyboard:
        try:
            with deferred():
                rclpy.init(args=arguments, signal_handler_options=SignalHandlerOptions.NO)
                node = CaptureNode(options, folder, keyboard, _say)
            keys = '; space pauses, q ends' if keyboard.is_there else ''
            _say(f'recording {options.label} of {options.camera} into {folder.path}{keys}')
            _spin(node, is_waiting=options.step)
            if node.error:
                raise RuntimeError(node.error)
        finally:
            # First: the process may be ended before the rest is done.
            keyboard.restore()
            if node is not None:
                _say(f'{node.num_kept} examples of {options.label} recorded')
                node.destroy_node()
            rclpy.try_shutdown()


def _spin(node: 'CaptureNode', *, is_waiting: bool) -> None:
    """Run the node until it is over."""
    from imrs_ros.node.entities import DONE
    from imrs_ros.node.spinning import spin_for
    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    if node.trigger_configure() == DONE and not is_waiting:
        node.trigger_activate()
    elif is_waiting:
        node.explain_pause()
    try:
        while not node.is_over:
            # In short waits: Python handles signals between them.
            executor.spin_once(timeout_sec=0.1)
        executor.remove_node(node)
        spin_for(node, LINGER_SEC)
    except ExternalShutdownException:
        pass
    finally:
        executor.shutdown()


def _say(text: str) -> None:
    print(f'capture: {text}', flush=True)
