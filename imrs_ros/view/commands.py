# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a browser may ask for; each value that it sends is checked here."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import re
import sys
from typing import Any

from imrs_ros.atomic_file import entries
from imrs_ros.capture.options import CaptureOptions
from imrs_ros.records import NO_ACTION
from imrs_ros.settings import MAX_THRESHOLD
from imrs_ros.video import SUFFIXES
from imrs_ros.view.background_command import BackgroundCommand
from imrs_ros.view.live_state import LiveState
from imrs_ros.view.node_link import NodeLink, set_request
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

ANSWER_SEC, CONFIGURE_SEC = 10.0, 180.0
"""Longest wait for an answer, and for a model to be loaded and converted."""
THRESHOLDS = ('enter_threshold', 'leave_threshold')
NAME = re.compile(r'[A-Za-z0-9][A-Za-z0-9_-]{0,39}')
TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE, 'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE, 'cleanup': Transition.TRANSITION_CLEANUP}
REFUSED = ('{name} refused to {transition}; its log says why. Look at its terminal, or at '
           'ros2 topic echo /rosout')


class Commands:
    """Does what a browser asks for; used on the server's thread alone."""

    def __init__(self, state: LiveState, link: Callable[[str], NodeLink], examples: Path,
                 taught: Path) -> None:
        """
        Start without jobs.

        :param state: what is known.
        :param link: returns the way to a recognizer, or raises ``RuntimeError``.
        :param examples: folder where examples go.
        :param taught: folder of the models that are taught.
        """
        self._state, self._link = state, link
        self._examples, self._taught = examples, taught
        self._jobs: dict[str, BackgroundCommand] = {}
        self._running: set[str] = set()

    async def run(self, message: dict[str, Any]) -> str:
        """
        Do one thing.

        :param message: ``command``, and what it needs.
        :return: what to tell the user; empty for nothing.
        :raises ValueError: when a value is wrong.
        :raises RuntimeError: when it cannot be done.
        :raises OSError: when a process cannot be started.
        """
        known = {'start': self._start, 'stop': self._stop, 'set': self._set,
                 'capture': self._capture, 'teach': self._teach, 'end': self._end,
                 'use': self._use}
        command = known.get(str(message.get('command')))
        if command is None:
            raise ValueError(f'expected one of {", ".join(known)}, got '
                             f'{message.get("command")!r:.40}')
        return await command(message)

    async def _start(self, message: dict[str, Any]) -> str:
        link = self._link(_text(message, 'node'))
        with self._alone(link.name):
            if await self._state_of(link) == 'unconfigured':
                await self._change(link, 'configure')
            await self._change(link, 'activate')
        return 'started'

    async def _stop(self, message: dict[str, Any]) -> str:
        link = self._link(_text(message, 'node'))
        with self._alone(link.name):
            await self._change(link, 'deactivate')
        return 'stopped'

    async def _set(self, message: dict[str, Any]) -> str:
        link, name = self._link(_text(message, 'node')), _text(message, 'name')
        value = message.get('value')
        if name not in THRESHOLDS:
            raise ValueError(f'expected one of {", ".join(THRESHOLDS)}, got {name!r:.40}')
        if (not isinstance(value, (int, float)) or isinstance(value, bool)
                or not 0 <= value <= MAX_THRESHOLD):
            raise ValueError(f'{name}: expected a number from 0 to {MAX_THRESHOLD}, got '
                             f'{value!r:.40}')
        await self._set_parameters(link, {name: float(value)})
        return ''

    async def _set_parameters(self, link: NodeLink, values: dict[str, Any]) -> None:
        answer = await self._ask(link, 'set_parameters', set_request(values))
        refused = [result.reason for result in answer.results if not result.successful]
        if refused:
            raise RuntimeError('; '.join(refused))
        self._state.update_node(link.name, parameters={
            **self._state.parameters_of(link.name), **values})

    async def _capture(self, message: dict[str, Any]) -> str:
        self._check_free('capture')
        topic = self._state.topic_of(_text(message, 'node'), _text(message, 'camera'))
        if not topic:
            raise RuntimeError('the topic of the camera is not known yet; start the recognizer')
        options = CaptureOptions(
            label=_text(message, 'label'), camera=topic, seconds=_number(message, 'seconds'),
            count=int(_number(message, 'count')), out=self._examples)
        self._jobs['capture'] = BackgroundCommand(f'Record {options.label}', [
            sys.executable, '-m', 'imrs_ros.capture', '--label', options.label, '--camera', topic,
            '--seconds', f'{options.seconds:g}', '--count', str(options.count),
            '--out', str(options.out)], str(options.out))
        return ''

    async def _teach(self, message: dict[str, Any]) -> str:
        self._check_free('teach')
        name, keep = _text(message, 'name'), message.get('keep')
        if not NAME.fullmatch(name):
            raise ValueError('name must be 1 to 40 letters, digits, underscores and hyphens, for '
                             f'it names a folder, got {name!r:.60}')
        if not [label for label in self.examples() if label != NO_ACTION]:
            raise ValueError('expected examples of an action, got none; record some first')
        model = str(self._state.parameters_of(_text(message, 'node')).get('model') or '')
        if not model:
            raise RuntimeError('the model of the recognizer is not known yet; wait until it runs')
        out = self._taught / name
        self._jobs['teach'] = BackgroundCommand(f'Teach {name}', [
            sys.executable, '-m', 'imrs_ros.teaching', str(self._examples), '--out', str(out),
            *(('--keep', model) if keep else ('--model', model))], str(out.absolute()))
        return ''

    def _check_free(self, name: str) -> None:
        job = self._jobs.get(name)
        if job is not None and job.is_running:
            raise RuntimeError(f'"{job.title}" is still running; stop it first')

    async def _end(self, message: dict[str, Any]) -> str:
        job = self._jobs.get(_text(message, 'job'))
        if job is not None:
            await asyncio.get_running_loop().run_in_executor(None, job.stop)
        return ''

    async def _use(self, message: dict[str, Any]) -> str:
        """Load the model that was taught last into a recognizer; the old one if that fails."""
        job = self._jobs.get('teach')
        if job is None or not job.is_done:
            raise RuntimeError('no model was taught; teach one first')
        link = self._link(_text(message, 'node'))
        before = str(self._state.parameters_of(link.name).get('model') or '')
        with self._alone(link.name):
            await self._load(link, job.done, before)
        return f'{link.name} uses {job.done}'

    async def _load(self, link: NodeLink, model: str, before: str) -> None:
        state = await self._state_of(link)
        if state == 'active':
            await self._change(link, 'deactivate')
        if state in ('active', 'inactive'):
            await self._change(link, 'cleanup')
        await self._set_parameters(link, {'model': model})
        try:
            await self._change(link, 'configure')
        except RuntimeError:
            if before:
                await self._set_parameters(link, {'model': before})
                await self._change(link, 'configure')
                await self._change(link, 'activate')
            raise
        await self._change(link, 'activate')

    def _alone(self, name: str) -> '_Alone':
        return _Alone(self._running, name)

    async def _state_of(self, link: NodeLink) -> str:
        answer = await self._ask(link, 'get_state', GetState.Request())
        return str(answer.current_state.label)

    async def _change(self, link: NodeLink, transition: str) -> None:
        request = ChangeState.Request(transition=Transition(id=TRANSITIONS[transition]))
        answer = await self._ask(link, 'change_state', request, CONFIGURE_SEC)
        self._state.update_node(link.name, state=await self._state_of(link))
        if not answer.success:
            raise RuntimeError(REFUSED.format(name=link.name, transition=transition))

    async def _ask(self, link: NodeLink, service: str, request: Any,
                   limit_sec: float = ANSWER_SEC) -> Any:
        try:
            return await asyncio.wait_for(
                asyncio.wrap_future(link.ask(service, request)), limit_sec)
        except asyncio.TimeoutError as error:
            raise RuntimeError(f'{link.name} did not answer within {limit_sec:g} s; it is busy, '
                               'or it hangs') from error

    def examples(self) -> dict[str, int]:
        """
        Count the examples that were recorded.

        :return: number of videos by label, in order.
        :raises OSError: when the folder cannot be read.
        """
        folders = sorted(self._examples.iterdir()) if self._examples.is_dir() else []
        return {folder.name: number for folder in folders if folder.is_dir() and (
            number := sum(path.suffix.lower() in SUFFIXES for path in entries(folder)))}

    def as_json(self) -> dict[str, Any]:
        """
        Return what is shown.

        :return: JSON.
        """
        examples: dict[str, int] = {}
        problem = ''
        try:
            examples = self.examples()
        except OSError as error:
            problem = f'The examples cannot be read: {error}'
        return {'jobs': {name: {'begun_sec': job.begun_sec, **job.as_json()}
                         for name, job in self._jobs.items()},
                'examples': examples, 'examples_problem': problem,
                'examples_folder': str(self._examples)}

    def close(self) -> None:
        """End all processes."""
        for job in self._jobs.values():
            job.stop()


class _Alone:
    """Keeps two browsers from changing the state of a recognizer at once."""

    def __init__(self, running: set[str], name: str) -> None:
        self._running, self._name = running, name

    def __enter__(self) -> None:
        if self._name in self._running:
            raise RuntimeError(f'{self._name} is being started or stopped; wait for that')
        self._running.add(self._name)

    def __exit__(self, *_: object) -> None:
        self._running.discard(self._name)


def _text(message: dict[str, Any], name: str) -> str:
    value = message.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise ValueError(f'{name}: expected 1 to 200 characters, got {value!r:.60}')
    return value


def _number(message: dict[str, Any], name: str) -> float:
    value = message.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ValueError(f'{name}: expected a number, got {value!r:.60}')
    return float(value)
