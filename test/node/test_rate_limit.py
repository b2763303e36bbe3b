# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How long to wait, by a clock of the test."""

from imrs_ros.node.worker import RateLimit
import pytest


@pytest.mark.parametrize(('rate_hz', 'begun', 'now_sec', 'wait_sec'), [
    (4.0, [], 7.0, 0.0), (4.0, [7.0], 7.0, 0.25), (4.0, [7.0], 7.2, 0.05), (4.0, [7.0], 7.25, 0.0),
    (4.0, [7.0], 9.0, 0.0), (4.0, [7.0, 7.3], 7.4, 0.15), (0.0, [7.0], 7.0, 0.0)])
def test_wait(rate_hz, begun, now_sec, wait_sec):
    limit = RateLimit(rate_hz)
    for begin_sec in begun:
        limit.begin(begin_sec)
    assert limit.wait_sec(now_sec) == pytest.approx(wait_sec)


def test_limit_may_change():
    limit = RateLimit(0.0)
    limit.begin(1.0)
    limit.max_rate_hz = 0.5
    assert limit.wait_sec(1.0) == pytest.approx(2.0)
