# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Cached engines are used, wrong ones are not, and only right ones are cached."""

from threading import Event, Thread
import time

from imrs_ros.backends.gpu.cached_engines import CachedEngines
from imrs_ros.backends.gpu.identity import describe
from imrs_ros.backends.model_cache import ModelCache
import pytest

PRECISIONS = ('float16', 'float32')


class Engine:
    """Stands in for an engine of a GPU: runs its bytes, which say whether its scores are right."""

    def __init__(self, plan):
        if plan.startswith(b'refused'):
            raise RuntimeError('a plan that TensorRT refuses')
        self.plan, self.closed = plan, False

    def close(self):
        self.closed = True


def check(engine):
    if b'wrong' in engine.plan:
        raise ValueError('other scores')


class Machine:
    def __init__(self, card, folder):
        self.folder, self.builds, self.is_asking = folder, [], False
        self.identities = {name: describe(card, name, 'NVIDIA X', '9.0') for name in PRECISIONS}
        self.plans = {name: f'right {name}'.encode() for name in PRECISIONS}

    def build(self, precision):
        self.builds.append(precision)
        if isinstance(self.plans[precision], Exception):
            raise self.plans[precision]
        return self.plans[precision]

    def load(self):
        self.builds = []
        cache = ModelCache(self.folder)
        make = cache.make

        def asking(*arguments, **options):
            self.is_asking = True
            return make(*arguments, **options)
        cache.make = asking
        return CachedEngines(cache, self.identities, self.build, Engine).load(check)

    def cached(self, precision):
        return ModelCache(self.folder).load(self.identities[precision])


@pytest.fixture
def machine(tiny_card, tmp_path):
    return Machine(tiny_card, tmp_path / 'engines')


def test_the_second_start_builds_nothing(machine):
    precision, engine, notices = machine.load()
    assert (precision, engine.plan, notices) == ('float16', b'right float16', ())
    assert machine.builds == ['float16']
    assert machine.load()[1].plan == b'right float16'
    assert machine.builds == []


def test_wrong_scores_in_half_precision_lead_to_single_loudly(machine):
    machine.plans['float16'] = b'wrong float16'
    precision, engine, notices = machine.load()
    assert (precision, engine.plan) == ('float32', b'right float32')
    assert notices == ('float16 refused: ValueError: other scores',)
    assert machine.cached('float16') is None, 'what was refused is not cached'
    assert machine.cached('float32') == b'right float32'


@pytest.mark.parametrize('plan', [b'wrong', b'refused'])
def test_a_cached_engine_that_fails_is_built_again(machine, plan):
    ModelCache(machine.folder).store(machine.identities['float16'], plan)
    precision, engine, notices = machine.load()
    assert (precision, engine.plan) == ('float16', b'right float16')
    assert len(notices) == 1
    assert machine.cached('float16') == b'right float16'


def test_a_build_that_fails_leads_to_the_next_precision(machine):
    machine.plans['float16'] = MemoryError('out of memory')
    assert machine.load()[0] == 'float32'
    machine.plans['float32'] = b'wrong'
    machine.identities['float32'] = {**machine.identities['float32'], 'gpu': 'NVIDIA Y'}
    with pytest.raises(RuntimeError, match='out of memory; float32 refused: ValueError'):
        machine.load()


def test_two_that_start_at_once_build_once(machine, tiny_card):
    first, second, began = Machine(tiny_card, machine.folder), machine, Event()

    def build(precision):
        began.set()
        # The other one must be waiting before this one is ready.
        wait_until(lambda: second.is_asking)
        return b'right'
    first.build = build
    found = []
    threads = [Thread(target=lambda: found.append(first.load())),
               Thread(target=lambda: (began.wait(), found.append(second.load())))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert second.builds == []
    assert [engine.plan for _, engine, _ in found] == [b'right'] * 2
    assert [notices for _, _, notices in found] == [(), ()]


def wait_until(is_so):
    end = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_error_of_the_build_is_not_taken_for_one_of_the_cache(machine):
    machine.plans['float16'] = OSError('no ONNX file')
    precision, _, notices = machine.load()
    assert precision == 'float32'
    assert machine.builds == ['float16', 'float32'], 'not built twice'
    assert notices == ('float16 refused: RuntimeError: no ONNX file',)


def test_without_a_cache_the_engine_is_used_with_a_notice(machine):
    machine.folder.write_text('')
    precision, engine, notices = machine.load()
    assert (precision, engine.plan) == ('float16', b'right float16')
    assert any('not cached' in notice for notice in notices)
