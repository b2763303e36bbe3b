# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""``annotate``: annotate recordings in the browser."""

import argparse
from collections.abc import Callable
from contextlib import suppress
import os
from pathlib import Path
import threading
import webbrowser

from imrs_ros.evaluation.annotator.workspace import AnnotatorSettings, workspace_of
from imrs_ros.evaluation.recordings.source import find_recordings
from imrs_ros.model_card import ModelCard
from imrs_ros.model_folders import find_model
from tqdm import tqdm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Add the command's arguments.

    :param parser: of the sub-command.
    """
    parser.add_argument('recordings', nargs='+', type=Path, help='bags, videos, or folders')
    parser.add_argument('--model', default='ucf10',
                        help='model whose labels are annotated; default ucf10')
    parser.add_argument('--labels', nargs='+', default=(), metavar='LABEL',
                        help='further labels, as of actions to teach')
    parser.add_argument('--annotations', type=Path, metavar='FILE',
                        help='one CSV for all recordings; default: one in or beside each')
    parser.add_argument('--topics', nargs='+', default=(), metavar='TOPIC',
                        help='camera topics; default: all')
    parser.add_argument('--stamps', choices=('header', 'log'), default='header',
                        help='log: use recording times, for bags without header stamps')
    parser.add_argument('--port', type=int,
                        help='of the page, on this machine only; 0 for any; default 8740')
    parser.add_argument('--no-browser', action='store_true',
                        help='print the address, and open no browser')


def run(options: argparse.Namespace) -> int:
    """
    Run the command until it is interrupted.

    :param options: the command line.
    :return: 0.
    """
    try:
        from imrs_ros.evaluation.annotator.server import create_app, listen, serve
    except ImportError as error:
        raise RuntimeError(f'expected fastapi and uvicorn, got: {error}; run "pip install fastapi '
                           'uvicorn"') from error
    labels = ModelCard.load(find_model(options.model)).labels
    settings = AnnotatorSettings(
        paths=tuple(find_recordings(options.recordings)), model=options.model,
        labels=tuple(dict.fromkeys((*labels, *options.labels))), topics=tuple(options.topics),
        by_log_time=options.stamps == 'log', file=options.annotations)
    workspace = workspace_of(settings, (0,) if len(settings.paths) == 1 else (), _progress)
    try:
        with listen(options.port) as listening, suppress(KeyboardInterrupt):
            address = 'http://{}:{}/'.format(*listening.getsockname())
            print(f'{address} Ctrl-C ends it; every change is saved at once.', flush=True)
            # Without a display, a browser for terminals would take this one over.
            has_display = os.environ.get('DISPLAY') or os.environ.get('WAYLAND_DISPLAY')
            if has_display and not options.no_browser:
                threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
            serve(create_app(workspace), listening)
    finally:
        workspace.close()
    return 0


def _progress(path: Path) -> Callable[[], object]:
    return tqdm(unit='image', desc=path.name, disable=None, leave=False).update
