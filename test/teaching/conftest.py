# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Fixtures for the tests of teaching."""

import pytest
from sample_lessons import bank_of, write_action
from samples import write_tiny_model
from threadpoolctl import threadpool_limits

TINY_DIM = 64


@pytest.fixture(autouse=True)
def one_thread():
    """Spare small products the threads, as the command does."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope='session')
def taught_from(tmp_path_factory):
    """Return the card of a small random model with a bank, which must not be changed."""
    card = write_tiny_model(tmp_path_factory.mktemp('taught_from') / 'tiny')
    bank_of(card.labels, TINY_DIM).save(card, 'test')
    return card


@pytest.fixture
def examples(tmp_path):
    """Return a folder of two class folders of three short videos each."""
    folder = tmp_path / 'examples'
    for kind, label in enumerate(('nod', 'bow')):
        for seed in range(3):
            write_action(folder / label / f'{seed}.avi', kind, seed)
    return folder


@pytest.fixture
def background(tmp_path):
    """Return a folder of two videos of noise."""
    for seed in range(2):
        write_action(tmp_path / 'background' / f'{seed}.avi', 2, seed)
    return tmp_path / 'background'
