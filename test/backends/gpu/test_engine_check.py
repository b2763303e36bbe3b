# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The first engine that passes its check is used, and no other is built."""

from imrs_ros.backends.gpu.engine_check import first_accepted
from imrs_ros.backends.reference import check_scores
import numpy as np
import pytest

REFERENCE = np.array([[1, 2, 3], [4, 5, 6]], np.float32)


class Engine:
    """Stands in for an engine of a GPU: scores of its own, wrong or right."""

    def __init__(self, logits):
        self.logits, self.closed = logits, False

    def close(self):
        self.closed = True


def check(engine):
    check_scores(engine.logits, REFERENCE, 0.05)


def failing():
    raise MemoryError('out of memory')


def test_the_first_that_passes_is_used_and_no_other_made():
    wrong, right = Engine(REFERENCE * np.float32('nan')), Engine(REFERENCE)

    def attempts():
        yield 'float16', failing
        yield 'float16', lambda: wrong
        yield 'float32', lambda: right
        pytest.fail('no more may be asked for')
    name, engine, refusals = first_accepted(attempts(), check)
    assert (name, engine) == ('float32', right)
    assert wrong.closed
    assert not right.closed
    assert refusals[0] == 'float16 refused: MemoryError: out of memory'
    assert 'expected finite logits' in refusals[1]


def test_none_that_passes_is_an_error_with_all_reasons():
    wrong = Engine(REFERENCE + 1)
    with pytest.raises(RuntimeError, match='out of memory; float32 refused: ScoreError'):
        first_accepted([('float16', failing), ('float32', lambda: wrong)], check)
    assert wrong.closed
    with pytest.raises(RuntimeError, match='there is no engine to try'):
        first_accepted([], check)
