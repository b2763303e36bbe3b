# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Evaluation of recordings: ``python -m imrs_ros.evaluation COMMAND``.

On a robot each sub-command is a program of its own, ``ros2 run imrs_ros evaluate_bag`` and so on.
"""

import argparse
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from io import TextIOWrapper
import sys

COMMANDS = {
    'evaluate': ('evaluate', 'measure accuracy and delay of the recognizer on recordings'),
    'annotate': ('annotate', 'annotate recordings in the browser'),
    'annotate-template': ('annotate_template', 'write an empty annotation file for a recording'),
    'make-bag': ('make_bag', 'create a recording from videos, with background between them'),
    'play': ('play', 'publish a recording'),
    'record': ('record', 'record the outputs of a live node, and report them'),
    'compare': ('compare', 'compare two reports'),
    'tune': ('tune', 'tune the decision parameters on annotated recordings')}
"""Module and purpose of every sub-command. Only ``play`` and ``record`` need ROS."""


def main(arguments: Sequence[str] | None = None, command: str | None = None) -> None:
    """
    Run the command line; exits with its status.

    :param arguments: default: those of the process.
    :param command: the sub-command of this program; default: the first argument.
    """
    # The name of a file may be no UTF-8; it is printed with escapes.
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if command is None:
        command = _choose(arguments)
        arguments = arguments[1:]
    parser = argparse.ArgumentParser(
        prog=f'imrs_ros.evaluation {command}', description=f'{command}: {COMMANDS[command][1]}.')
    try:
        # Importing takes a while, and may be interrupted, too.
        module = import_module(f'imrs_ros.evaluation.{COMMANDS[command][0]}')
        module.add_arguments(parser)
        sys.exit(module.run(parser.parse_args(without_ros_arguments(arguments))))
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'{command}: {error}')
    except KeyboardInterrupt:
        print(f'{command}: interrupted, no result', file=sys.stderr)
        sys.exit(130)


def without_ros_arguments(arguments: Sequence[str]) -> list[str]:
    """
    Strip the arguments that launch adds for ROS, from ``--ros-args`` to ``--``.

    rclpy reads them itself.

    :param arguments: of the process.
    :return: those of the sub-command.
    """
    own, is_ros = [], False
    for argument in arguments:
        if argument == '--ros-args':
            is_ros = True
        elif not is_ros:
            own.append(argument)
        elif argument == '--':
            is_ros = False
    return own


def _choose(arguments: Sequence[str]) -> str:
    parser = argparse.ArgumentParser(
        prog='python -m imrs_ros.evaluation',
        description='Evaluate recordings; see "COMMAND --help" for each command.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='\n'.join(f'  {name:18} {purpose}' for name, (_, purpose) in COMMANDS.items()))
    parser.add_argument('command', choices=COMMANDS, metavar='COMMAND')
    return str(parser.parse_args(arguments[:1]).command)


# The programs of setup.py.
evaluate_bag = partial(main, command='evaluate')
annotate = partial(main, command='annotate')
annotate_template = partial(main, command='annotate-template')
make_bag = partial(main, command='make-bag')
play_bag = partial(main, command='play')
record_live = partial(main, command='record')
compare_reports = partial(main, command='compare')
tune_decisions = partial(main, command='tune')
