"""
Evaluation of recordings: ``python -m imrs_ros.evaluation COMMAND``.

On a robot each sub-command is a program of its own, ``ros2 run imrs_ros evaluate_bag`` and so on.
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
import sys

COMMANDS = {
    'evaluate': ('evaluate', 'how good the recogniser is on recordings, and how late'),
    'annotate-template': ('annotate_template', 'an empty file of annotations for a recording'),
    'make-bag': ('make_bag', 'a recording from videos, with background between them'),
    'play': ('play', 'a recording, published'),
    'record': ('record', 'what a live node says, and the report of it'),
    'compare': ('compare', 'what changed between two reports'),
    'tune': ('tune', 'parameters for the decisions, from annotated recordings')}
"""Module and purpose of every sub-command. ``play`` and ``record`` alone need ROS."""


def main(arguments: Sequence[str] | None = None, command: str | None = None) -> None:
    """
    Run the command line; exits with its status.

    :param arguments: default those of the process.
    :param command: the sub-command, where the program is one; default the first argument.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if command is None:
        command = _choose(arguments)
        arguments = arguments[1:]
    parser = argparse.ArgumentParser(
        prog=f'imrs_ros.evaluation {command}', description=f'{command}: {COMMANDS[command][1]}.')
    try:
        # Takes a while, too.
        module = import_module(f'imrs_ros.evaluation.{COMMANDS[command][0]}')
        module.add_arguments(parser)
        sys.exit(module.run(parser.parse_args(without_ros_arguments(arguments))))
    except (ValueError, OSError, RuntimeError) as error:
        sys.exit(f'{command}: {error}')
    except KeyboardInterrupt:
        print(f'{command}: interrupted, without a result', file=sys.stderr)
        sys.exit(130)


def without_ros_arguments(arguments: Sequence[str]) -> list[str]:
    """
    Leave out what launch adds for ROS, from ``--ros-args`` to ``--``; rclpy reads it by itself.

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
        description='Evaluate recordings; "COMMAND --help" tells more of each.',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog='\n'.join(f'  {name:18} {words}' for name, (_, words) in COMMANDS.items()))
    parser.add_argument('command', choices=COMMANDS, metavar='COMMAND')
    return str(parser.parse_args(arguments[:1]).command)


def evaluate_bag() -> None:
    """Run ``evaluate``."""
    main(command='evaluate')


def annotate_template() -> None:
    """Run ``annotate-template``."""
    main(command='annotate-template')


def make_bag() -> None:
    """Run ``make-bag``."""
    main(command='make-bag')


def play_bag() -> None:
    """Run ``play``."""
    main(command='play')


def record_live() -> None:
    """Run ``record``."""
    main(command='record')


def compare_reports() -> None:
    """Run ``compare``."""
    main(command='compare')


def tune_decisions() -> None:
    """Run ``tune``."""
    main(command='tune')
