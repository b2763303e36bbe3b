# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A reserved domain is nobody else's: neither another reservation's nor a running graph's."""

import socket

from imrs_ros.demo.ros_domain import (
    DOMAINS, FIRST_LOCK_PORT, FIRST_PORT, PORTS_PER_DOMAIN, RosDomain)
import pytest


@pytest.fixture
def reserve():
    domains = []

    def reserve_one():
        domains.append(RosDomain())
        return domains[-1]
    yield reserve_one
    for domain in domains:
        domain.close()


def test_domains_reserved_at_once_differ(reserve):
    assert len({reserve().number for _ in range(5)}) == 5


def test_a_closed_domain_can_be_reserved_again(reserve):
    first = reserve()
    first.close()
    assert reserve().number == first.number


@pytest.mark.parametrize('offset', [0, 10, 11, 12, 73])
def test_a_domain_with_a_participant_is_left_alone(reserve, offset):
    first = reserve()
    first.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as participant:
        participant.bind(('127.0.0.1', FIRST_PORT + PORTS_PER_DOMAIN * first.number + offset))
        assert reserve().number != first.number


def test_a_domain_that_domain_coordinator_reserved_is_left_alone(reserve):
    first = reserve()
    first.close()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as lock:
        lock.bind(('', FIRST_LOCK_PORT + first.number))
        assert reserve().number != first.number


def test_no_unused_domain_is_an_error(monkeypatch):
    monkeypatch.setattr('imrs_ros.demo.ros_domain._is_quiet', lambda _: False)
    with pytest.raises(RuntimeError, match=f'from 1 to {DOMAINS[-1]}, found none; stop ROS'):
        RosDomain()


def test_real_participants_use_these_ports(graph):
    from imrs_ros.demo.ros_domain import _is_quiet
    assert not _is_quiet(graph.domain)
