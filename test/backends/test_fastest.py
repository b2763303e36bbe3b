# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The precision that takes the least work is used, and remembered."""

from functools import partial

from imrs_ros.backends import BackendDescription
from imrs_ros.backends.fastest import FastestChoice
from imrs_ros.backends.model_cache import ModelCache
import numpy as np
import pytest
from samples import TINY_SPEC

MS = {'float32': 43, 'bfloat16': 31, 'int8': 25}


class Clock:
    """Time that passes while networks work."""

    def __init__(self):
        self.now_sec = 0.0

    def __call__(self):
        return self.now_sec


class Network:
    """A network in a precision of a known speed."""

    def __init__(self, name, clock, loaded):
        loaded.append(name)
        self.description = BackendDescription('openvino', '1', 'a processor', name, notes='fast')
        self._name, self._clock, self.is_closed = name, clock, False

    def infer(self, clips):
        self._clock.now_sec += MS[self._name] / 1000
        return np.zeros((len(clips), 2), np.float32)

    def close(self):
        self.is_closed = True


@pytest.fixture
def choose(tmp_path):
    """Return a function that loads the best of some precisions; it lists what was loaded."""
    def load(names, failing=(), identity='here'):
        clock, loaded = Clock(), []

        def make(name):
            if name in failing:
                raise RuntimeError(f'{name} is broken')
            return Network(name, clock, loaded)

        def describe(name, error):
            return '' if name == 'bfloat16' else f'cpu_precision {name} is not used: {error}'
        return FastestChoice(
            loaders={name: partial(make, name) for name in names}, spec=TINY_SPEC,
            cache=ModelCache(tmp_path / 'precisions'), identity={'of': identity},
            describe=describe, measured='CPU time a window', clock=clock).load(), loaded
    return load


def test_the_one_of_the_least_work_is_used_from_then_on(choose):
    backend, loaded = choose(['float32', 'int8'])
    assert backend.description.precision == 'int8'
    measured = 'CPU time a window: float32 43.0 ms, int8 25.0 ms'
    assert backend.description.notes == f'fast; {measured}'
    assert loaded == ['float32', 'int8']
    again, loaded = choose(['float32', 'int8'])
    assert loaded == ['int8'], 'the choice is remembered'
    assert measured in again.description.notes
    assert choose(['float32', 'int8'], identity='elsewhere')[1] == ['float32', 'int8']


def test_a_choice_that_works_no_more_is_made_anew(choose):
    choose(['float32', 'bfloat16', 'int8'])
    backend, loaded = choose(['float32', 'bfloat16', 'int8'], failing=['int8'])
    assert loaded == ['float32', 'bfloat16']
    assert backend.description.precision == 'bfloat16'
    assert backend.description.warnings == ('cpu_precision int8 is not used: int8 is broken',)


def test_nobody_is_warned_of_what_few_processors_have(choose):
    backend, _ = choose(['float32', 'bfloat16'], failing=['bfloat16'])
    assert (backend.description.precision, backend.description.warnings) == ('float32', ())


def test_without_any_all_reasons_are_given(choose):
    with pytest.raises(RuntimeError, match='float32 is broken.*int8 is broken'):
        choose(['float32', 'int8'], failing=['float32', 'int8'])


def test_the_others_are_freed(choose, monkeypatch):
    closed = []
    monkeypatch.setattr(Network, 'close', lambda self: closed.append(self._name))
    backend, _ = choose(['float32', 'int8'])
    assert closed == ['float32']
    backend.close()
    assert closed == ['float32', 'int8']
