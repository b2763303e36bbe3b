# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The same in a terminal, for those without a browser."""

from collections.abc import Mapping
import re
import shutil
import sys
import time
from typing import Any

from imrs_ros.records import NO_ACTION
from imrs_ros.view.live_state import LiveState
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

PERIOD_SEC, REPEAT_SEC = 0.25, 5.0
"""Between two looks at the state, and, where output is no terminal, between two lines that say the
same."""
LEVELS = {None: ('no news', 'dim'), 0: ('OK', 'green'), 1: ('warning', 'yellow'),
          2: ('error', 'red')}
BAR, NUM_SCORES = 24, 5
WAITING = 'no recognizer is running; start one: ros2 run imrs_ros recognizer'


def show(state: LiveState) -> None:
    """
    Show the state until the process is interrupted.

    :param state: what is known.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        _print_lines(state)
        return
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(screen(state.snapshot()), refresh=True)
            time.sleep(PERIOD_SEC)


def _print_lines(state: LiveState) -> None:
    """Print what changed, and all of it now and then."""
    printed: dict[str, str] = {}
    printed_sec = -REPEAT_SEC
    while True:
        is_due = time.monotonic() - printed_sec >= REPEAT_SEC
        for line in lines(state.snapshot()):
            # Rates always change, a little.
            key, news = line[:line.find('  ', 2)], re.sub(r'[\d.]+', '', line)
            if is_due or printed.get(key) != news:
                printed[key] = news
                print(line)
        printed_sec = time.monotonic() if is_due else printed_sec
        sys.stdout.flush()
        time.sleep(PERIOD_SEC)


def lines(snapshot: Mapping[str, Any]) -> list[str]:
    """
    Return the state as plain lines.

    :param snapshot: of ``LiveState``.
    :return: a line for every camera and person, and for what is wrong.
    """
    found = [f'view: {snapshot["notice"]}'] if snapshot['notice'] else []
    if not snapshot['nodes']:
        found.append(f'view: {WAITING}')
    for node in snapshot['nodes']:
        if not node['cameras'] or node['state'] != 'active':
            found.append(f'{node["name"]}  {node["state"] or "starting"}')
        for camera in node['cameras']:
            found.append(f'{node["name"]}/{camera["name"]}  {_label(camera)}  {_rates(camera)}  '
                         f'{_health(camera)[0]}')
            found += [f'  person {name}  {label}  {score:.2f}'
                      for name, *_, label, score in camera['people']]
    return found


def screen(snapshot: Mapping[str, Any]) -> RenderableType:
    """
    Return the state as a screen.

    :param snapshot: of ``LiveState``.
    :return: panels for ``rich``.
    """
    parts: list[RenderableType] = []
    if snapshot['notice']:
        parts.append(Text(snapshot['notice'], style='red'))
    if not snapshot['nodes']:
        parts.append(Text(WAITING, style='dim'))
    for node in snapshot['nodes']:
        parts.append(_heading(node))
        parts += [_panel(camera) for camera in node['cameras']]
    parts.append(Text('Ctrl-C ends the view', style='dim'))
    return Group(*parts)


def _heading(node: Mapping[str, Any]) -> Text:
    text, style = _health(node)
    heading = Text(node['name'], style='bold')
    heading.append(f'  {node["state"] or "starting"}', style='cyan')
    values = node['values']
    if 'model' in values:
        heading.append(f'  {values["model"]}, {values.get("backend", "")}', style='dim')
    heading.append(f'  {text}', style=style)
    return heading


def _panel(camera: Mapping[str, Any]) -> Panel:
    table = Table.grid(padding=(0, 1))
    table.add_row(Text(_label(camera), style='dim' if camera['label'] == NO_ACTION
                       else 'bold green'), Text(_rates(camera), style='dim'))
    scores = camera['scores'][:NUM_SCORES]
    rest = [('other or none', max(0.0, 1 - sum(score for _, score in scores)))] if scores else []
    for label, score in (*scores, *rest):
        length = round(BAR * min(1.0, max(0.0, score)))
        table.add_row(Text(label), Text('━' * length, style='blue').append(
            f'{" " if length else ""}{score:.2f}'))
    for name, *_, label, score in camera['people']:
        table.add_row(Text(f'person {name}'), Text(
            'no action' if label == NO_ACTION else f'{label} {score:.2f}',
            style='dim' if label == NO_ACTION else 'green'))
    text, style = _health(camera)
    return Panel(Group(table, Text(text, style=style)), title=camera['name'], title_align='left',
                 width=min(100, shutil.get_terminal_size().columns))


def _label(camera: Mapping[str, Any]) -> str:
    return ('no action' if camera['label'] == NO_ACTION
            else f'{camera["label"]} {camera["score"]:.2f}')


def _rates(camera: Mapping[str, Any]) -> str:
    latency = '' if camera['latency'] is None else f', latency {1000 * camera["latency"]:.0f} ms'
    return f'{camera["windows_hz"]:.1f} windows/s{latency}'


def _health(entry: Mapping[str, Any]) -> tuple[str, str]:
    text, style = LEVELS[entry['level'] if entry['level'] in LEVELS else 2]
    return (f'{text}: {entry["message"]}' if entry['level'] else text), style
