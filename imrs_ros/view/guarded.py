# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Callbacks that may fail: whatever a message holds, the thread of ROS goes on."""

from collections.abc import Callable
import functools
import sys
from typing import Any

from imrs_ros.view.live_state import LiveState


def guarded(state: LiveState, callback: Callable[..., Any]) -> Callable[..., None]:
    """
    Wrap a callback, so that an exception is said once and does not end the executor.

    :param state: shows the exception.
    :param callback: takes what it is called with; what it returns is dropped.
    :return: the same, which does not raise.
    """
    # Keeps the signature, by which rclpy decides what to pass.
    @functools.wraps(callback)
    def call(*arguments: Any, **named: Any) -> None:
        try:
            callback(*arguments, **named)
        except Exception as error:
            fault = f'{type(error).__name__}: {error}'
            if state.take_fault(fault):
                print(f'view: {fault}', file=sys.stderr, flush=True)
    return call
