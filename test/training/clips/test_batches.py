# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Batches in parts: each clip once, in the same batches for any number of processes."""

from hypothesis import given, strategies as st
import pytest
from training.clips.batches import PartedBatches


def parts(num_items, batch_size, num_parts, rank=0, num_processes=1, seed=0):
    batches = PartedBatches(num_items, batch_size, num_parts, rank, num_processes)
    batches.seed = seed
    listed = list(batches)
    assert len(listed) == len(batches)
    return listed


@given(st.integers(4, 60), st.integers(2, 12), st.sampled_from([1, 2, 4]), st.integers(0, 9))
def test_each_clip_once_except_in_a_small_last_batch(num_items, batch_size, num_parts, seed):
    if min(num_items, batch_size) < 2 * num_parts:
        with pytest.raises(ValueError, match='parts need batches of at least'):
            PartedBatches(num_items, batch_size, num_parts)
        return
    listed = parts(num_items, batch_size, num_parts, seed=seed)
    flat = [i for part in listed for i in part]
    assert len(set(flat)) == len(flat)
    assert num_items - len(flat) < 2 * num_parts
    assert all(len(part) >= 2 for part in listed)


def test_two_processes_share_the_parts_of_one():
    together = parts(22, 8, 2)
    first, second = (parts(22, 8, 2, rank, 2) for rank in (0, 1))
    assert together[0::2] == first
    assert together[1::2] == second


def test_the_order_follows_the_seed():
    assert parts(20, 4, 1, seed=1) == parts(20, 4, 1, seed=1)
    assert parts(20, 4, 1, seed=1) != parts(20, 4, 1, seed=2)


def test_processes_must_divide_the_parts():
    with pytest.raises(ValueError, match='multiple of the number of processes, 2, got 3'):
        PartedBatches(30, 8, 3, 0, 2)
