# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The command line of the view."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
import os
from pathlib import Path

from imrs_ros.node_settings import NodeSettings
from imrs_ros.settings import BACKENDS, BackendSettings

HOST, PORT = '127.0.0.1', 8080


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewOptions:
    """What the user asked for."""

    sources: tuple[str, ...] = ()
    """What a recognizer of the view's own sees; empty for the recognizers that run."""
    people: bool = False
    """Whether the own recognizer follows people."""
    model: str = NodeSettings().model
    """Of the own recognizer."""
    backend: str = BackendSettings().backend
    """Of the own recognizer."""
    node: str = ''
    """Full name of the recognizer that is shown; empty for all."""
    host: str = HOST
    port: int = PORT
    browser: bool = True
    """Whether a browser is opened."""
    text: bool = False
    """Whether the terminal shows it, and no server runs."""
    examples: Path = Path('data/examples')
    """Where examples go."""
    taught: Path = Path('data/taught')
    """Where models that are taught go."""


def read_options(arguments: Sequence[str]) -> ViewOptions:
    """
    Read the command line, and the environment as ``make`` sets it.

    :param arguments: without the name of the program and without those of ROS.
    :return: the options.
    """
    defaults = ViewOptions()
    parser = argparse.ArgumentParser(
        prog='view', description='Show what a recognizer sees and decides, live, in a browser.')
    parser.add_argument('sources', nargs='*', metavar='SOURCE',
                        help='start a recognizer on this: a video file, a folder of them, the '
                             'number of a camera, or rtsp://...; several are several cameras. '
                             'Without one, show the recognizers that run')
    parser.add_argument('--people', action='store_true',
                        default=os.environ.get('PEOPLE') not in (None, '', '0'),
                        help='with SOURCE: an action of everyone in the picture')
    parser.add_argument('--model', default=os.environ.get('MODEL') or defaults.model,
                        help='with SOURCE: name or folder of a model; default %(default)s')
    parser.add_argument('--backend', choices=BACKENDS, default=defaults.backend,
                        help='with SOURCE: inference backend; default %(default)s')
    parser.add_argument('--node', default='', metavar='NAME',
                        help='show this recognizer alone, such as /robot1/recognizer')
    parser.add_argument('--host', default=defaults.host,
                        help='address to serve on; default %(default)s: this machine alone')
    parser.add_argument('--port', type=int, default=int(os.environ.get('PORT') or defaults.port),
                        help='port, or the next one that is free; default %(default)s')
    parser.add_argument('--no-browser', dest='browser', action='store_false',
                        help='open no browser')
    parser.add_argument('--text', action='store_true', help='show it in the terminal instead')
    parser.add_argument('--examples', type=Path, default=defaults.examples, metavar='FOLDER',
                        help='where recorded examples go; default %(default)s')
    parser.add_argument('--taught', type=Path, default=defaults.taught, metavar='FOLDER',
                        help='where taught models go; default %(default)s')
    given = parser.parse_args(list(arguments))
    named = tuple(given.sources) or tuple(filter(None, (os.environ.get('SOURCE'),)))
    if not 0 <= given.port <= 65535:
        parser.error(f'--port: expected a number from 0 to 65535, got {given.port}')
    if given.node and not given.node.startswith('/'):
        parser.error(f'--node: expected a full name such as /recognizer, got {given.node}')
    if named and given.node:
        parser.error('expected SOURCE or --node, got both; a recognizer that runs has cameras of '
                     'its own')
    if given.people and not named:
        parser.error('--people: expected a SOURCE as well; a recognizer that runs follows people '
                     'if its parameter people is true')
    return ViewOptions(**{**vars(given), 'sources': named})
