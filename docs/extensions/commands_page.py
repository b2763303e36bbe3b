# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Print ``docs/commands.md``, from the parsers that the commands use themselves.

    python docs/extensions/commands_page.py > docs/commands.md
"""

import argparse
import ast
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
import os
from pathlib import Path
import re
import sys
from typing import Any
from unittest.mock import patch

from launch_arguments import launch_arguments, LaunchArgument

ROOT = Path(__file__).resolve().parents[2]
PAGE = """\
# Commands

Generated from the commands themselves by `python docs/extensions/commands_page.py`; a test keeps
it up to date. `--help` prints the same. On a robot, a command is `ros2 run imrs_ros <name>`; in a
checkout, the Python of `.venv` runs its module. Those that start a node take ROS arguments as
well: `--ros-args -r __ns:=/robot1`.

{overview}

{sections}
"""
VARIABLES = ('VIDEO', 'SOURCE', 'PEOPLE', 'MODEL', 'PORT', 'IMRS_DATA')
"""Of the environment, which ``make`` hands to a command as defaults."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and how it is called."""

    name: str
    """Of its section."""
    calls: tuple[str, ...]
    """Ways to call it, the usual one first."""
    module: str
    function: str = 'main'
    """Reads the command line; called without arguments, or with ``arguments``."""
    arguments: tuple[str, ...] | None = None
    guide: str = ''
    """Page that shows its use."""


def _run(name: str, module: str, function: str = 'main', *, python: str = '', guide: str = '',
         arguments: tuple[str, ...] | None = None) -> Command:
    return Command(name, (f'ros2 run imrs_ros {name}', f'python -m {python or module}'),
                   module, function, arguments, guide)


def _evaluation(name: str, command: str, guide: str = 'evaluate_your_robot.md') -> Command:
    return _run(name, 'imrs_ros.evaluation.command', name, guide=guide,
                python=f'imrs_ros.evaluation {command}')


def _training(name: str, guide: str = 'train_your_own.md') -> Command:
    module = f'training.{name}'
    return Command(module, (f'python -m {module}',), module, guide=guide)


GROUPS: dict[str, tuple[Command, ...]] = {
    'See and record': (
        _run('view', 'imrs_ros.view.options', 'read_options', python='imrs_ros.view',
             arguments=(), guide='view.md'),
        _run('demo', 'imrs_ros.demo.demo', python='imrs_ros.demo', guide='start.md'),
        _run('capture', 'imrs_ros.capture.command', python='imrs_ros.capture', arguments=(),
             guide='capture.md')),
    'Teach': (
        _run('teach', 'imrs_ros.teaching.command', 'parse', python='imrs_ros.teaching',
             arguments=(), guide='teach.md'),),
    'Evaluate and tune': (
        _evaluation('annotate', 'annotate'),
        _evaluation('annotate_template', 'annotate-template'),
        _evaluation('evaluate_bag', 'evaluate'),
        _evaluation('compare_reports', 'compare'),
        _evaluation('tune_decisions', 'tune'),
        _evaluation('make_bag', 'make-bag'),
        _evaluation('play_bag', 'play'),
        _evaluation('record_live', 'record')),
    'Convert a network': (
        Command('onnx_export', ('python -m imrs_ros.backends.onnx_export',),
                'imrs_ros.backends.onnx_export', guide=''),),
    'Train': tuple(map(_training, (
        'check_data', 'extract', 'study', 'train', 'curves', 'evaluate', 'export', 'calibrate',
        'quantise', 'bank', 'golden', 'add_pose', 'import_checkpoint', 'import_movenet',
        'fill_tables'))),
}
NODES = """\
## Nodes

| command | what it runs | its parameters |
| --- | --- | --- |
| `ros2 run imrs_ros recognizer`, `python -m imrs_ros` | the recognizer | \
[parameters](parameters.md) |
| `ros2 run imrs_ros person_finder`, `python -m imrs_ros.person_finder` | the person finder | \
[the person finder](person_finder.md#parameters) |
| `ros2 run imrs_ros react` | an example: starts and stops with an action | \
`recognizer`, `camera`, `action` |
| `ros2 run imrs_ros turn_to` | an example: turns to whoever starts an action | \
`recognizer`, `camera`, `camera_info`, `action` |

Parameters follow `--ros-args`: `ros2 run imrs_ros react --ros-args -p camera:=front`."""
EXPORTS = """\
### openvino_export, finder_export

    python -m imrs_ros.backends.openvino_export FOLDER
    python -m imrs_ros.backends.finder_export FOLDER

Both convert the network in a model folder, or in that of a people finder, for OpenVINO, and put
the result beside the weights: a robot then needs no PyTorch, which networks other than `lite0` and
the people finder take otherwise. They have no options."""


class _FoundError(BaseException):
    """Carries a parser out of a command; no command may catch it."""

    def __init__(self, parser: argparse.ArgumentParser) -> None:
        super().__init__()
        self.parser = parser


def _stop(parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
    raise _FoundError(parser)


def parser_of(command: Command) -> argparse.ArgumentParser:
    """
    Return the parser of a command, as it is when the command reads its command line.

    :param command: the command, which gets no further.
    :return: the parser.
    :raises RuntimeError: when the command reads no command line.
    """
    function: Callable[..., object] = getattr(import_module(command.module), command.function)
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    try:
        with patch.object(argparse.ArgumentParser, 'parse_args', _stop), \
                patch.object(sys, 'argv', [command.name]), \
                patch.dict(os.environ, environment, clear=True), \
                patch('imrs_ros.node.shutdown.end_on_signals'), \
                patch('imrs_ros.node.shutdown.use_one_heap'):
            function() if command.arguments is None else function(command.arguments)
    except _FoundError as found:
        return found.parser
    raise RuntimeError(f'{command.module}.{command.function}: expected argparse, got none')


def _cell(text: str) -> str:
    """Return a text that stays one cell of a table."""
    return ' '.join(text.split()).replace('|', r'\|').replace('<', r'\<').replace('*', r'\*')


def _option(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Return how an option is written, with the name of its value."""
    formatter = parser._get_formatter()
    if not action.option_strings:
        return f'`{formatter._format_args(action, action.dest.upper())}`'.replace('|', r'\|')
    value = '' if action.nargs == 0 else ' ' + formatter._format_args(
        action, action.dest.upper())
    # The choices have a place in the description.
    if action.choices is not None:
        value = f' {action.dest.upper()}'
    return ', '.join(f'`{name}{value}`' for name in action.option_strings)


def _description(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    text = parser._get_formatter()._expand_help(action) if action.help else ''
    parts = [_cell(text)] if text else []
    if action.choices is not None:
        parts.append('one of ' + ', '.join(f'`{choice}`' for choice in action.choices if choice))
    default = action.default
    said = re.search(r'\bdefaults?\b', text)
    if (not said and action.option_strings and action.nargs != 0 and not action.required
            and default not in (None, '', (), [], argparse.SUPPRESS)):
        shown = ' '.join(map(str, default)) if isinstance(default, (list, tuple)) else default
        parts.append(f'default `{shown}`')
    if action.required and action.option_strings:
        parts.append('**required**')
    return '; '.join(parts)


def _table(parser: argparse.ArgumentParser) -> Iterable[str]:
    shown = [action for action in parser._actions
             if action.help != argparse.SUPPRESS and action.dest != 'help']
    if shown:
        yield '| option | |\n| --- | --- |'
        for action in shown:
            yield f'| {_option(parser, action)} | {_description(parser, action)} |'


def _intro(parser: argparse.ArgumentParser) -> str:
    text = ' '.join((parser.description or '').split())
    # The section has its name and how it is called already.
    text = re.sub(r'^[a-z-]+: |: ``python -m .*``\.?', '', text).rstrip('.')
    return f'{text[:1].upper()}{text[1:]}.'


def _required(parser: argparse.ArgumentParser) -> str:
    """Return what must follow the name of a command."""
    formatter = parser._get_formatter()
    words = [formatter._format_args(action, action.dest.upper()) for action in parser._actions
             if not action.option_strings and action.nargs != '*']
    words += [f'{action.option_strings[-1]} '
              + formatter._format_args(action, action.dest.upper()).split(' ')[0]
              for action in parser._actions if action.option_strings and action.required]
    return ' '.join(['', *words])


def section(command: Command, pages: Iterable[str]) -> str:
    """
    Describe a command.

    :param command: the command.
    :param pages: names of the pages that there are.
    :return: a section in Markdown.
    """
    parser = parser_of(command)
    guide = f' [Guide]({command.guide}).' if command.guide in set(pages) else ''
    lines = [f'### {command.name}', '', *(
        f'    {call}{_required(parser)}' for call in command.calls), '',
             f'{_intro(parser)}{guide}']
    rows = list(_table(parser))
    return '\n'.join(chain(lines, ['', *rows] if rows else ()))


def launch_section(name: str) -> str:
    """
    Describe a launch file.

    :param name: of the file in ``launch/``.
    :return: a section in Markdown.
    """
    path = ROOT / 'launch' / name
    purpose = (ast.get_docstring(ast.parse(path.read_text(encoding='utf-8'))) or '').replace(
        '``', '`')
    rows = [f'| `{argument.name}` | {"; ".join(_launch_words(argument))} |'
            for argument in launch_arguments(path)]
    return '\n'.join([f'### {name}', '', purpose, '', '| argument | |', '| --- | --- |', *rows])


def _launch_words(argument: LaunchArgument) -> Iterable[str]:
    yield _cell(argument.description).rstrip('.')
    choices = ', '.join(f'`{choice}`' for choice in argument.choices if choice)
    if choices:
        yield f'one of {choices}'
    if argument.default is None:
        yield '**required**'
    elif argument.default:
        # Of this checkout; an installation has it in its share folder.
        yield f'default `{argument.default.replace(f"{ROOT}/", "")}`'


def _make_targets() -> Iterable[str]:
    """Return a row for every target of the Makefile."""
    yield '| target | |\n| --- | --- |'
    text = (ROOT / 'Makefile').read_text(encoding='utf-8')
    for name, purpose in re.findall(r'^([a-z-]+):.*## (.*)$', text, re.MULTILINE):
        yield f'| `make {name}` | {_cell(purpose)} |'


def commands_page(pages: Sequence[str]) -> str:
    """
    Return the page.

    :param pages: names of the pages that there are.
    :return: Markdown.
    """
    sections = [NODES, '## Launch files', launch_section('recognizer.launch.py'),
                launch_section('replay.launch.py')]
    for title, commands in GROUPS.items():
        sections += [f'## {title}', *(section(command, pages) for command in commands)]
        if title == 'Convert a network':
            sections.append(EXPORTS)
    sections.append('\n'.join(['## make', '', 'In a checkout:', '', *_make_targets()]))
    overview = '\n'.join(['| | |', '| --- | --- |', *(
        f'| {title} | ' + ', '.join(
            f'[`{command.name}`](#{command.name.replace(".", "").lower()})'
            for command in commands) + ' |' for title, commands in GROUPS.items())])
    return PAGE.format(overview=overview, sections='\n\n'.join(sections))


if __name__ == '__main__':
    sys.path.insert(0, str(ROOT))
    print(commands_page(sorted(path.name for path in (ROOT / 'docs').glob('*.md'))), end='')
