# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Quality of service of the topics, and the parameters ``qos_overrides...`` that override it."""

from enum import Enum
from typing import Any

from rcl_interfaces.msg import IntegerRange, ParameterDescriptor
from rclpy.duration import Duration
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy, HistoryPolicy, LivelinessPolicy, QoSPolicyKind, QoSProfile,
    ReliabilityPolicy)
from rclpy.qos_overriding_options import QoSOverridingOptions

EVERY_WINDOW = QoSProfile(depth=10)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LEASE_SEC = 2.0
"""Subscribers are told that the node has hung or was killed after so long."""
ALIVE = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL,
    # Not automatic: the middleware would vouch for a process whose threads hang.
    liveliness=LivelinessPolicy.MANUAL_BY_TOPIC,
    liveliness_lease_duration=Duration(seconds=LEASE_SEC))
"""Latched, and asserted by the node while it watches its cameras."""
PREFIX = 'qos_overrides.'
POLICIES: dict[QoSPolicyKind, type[Enum] | None] = {
    QoSPolicyKind.HISTORY: HistoryPolicy, QoSPolicyKind.DEPTH: None,
    QoSPolicyKind.RELIABILITY: ReliabilityPolicy, QoSPolicyKind.DURABILITY: DurabilityPolicy}
"""What may be overridden, and its values where it is no number."""
OVERRIDING = QoSOverridingOptions(POLICIES)
"""Makes rclpy go by the parameters that ``declare_overrides`` declared."""
MAX_DEPTH = 2**31 - 1


def image_qos(reliability: str, depth: int) -> QoSProfile:
    """
    Return what is requested of a camera.

    :param reliability: ``reliable`` or ``best_effort``.
    :param depth: images buffered.
    :return: the profile.
    """
    return QoSProfile(depth=depth, reliability=ReliabilityPolicy[reliability.upper()])


def declare_overrides(node: Node, topic: str, entity: str, qos: QoSProfile) -> list[str]:
    """
    Declare the parameters that override the quality of service of one topic.

    rclpy would declare them for good and read-only, at the values of the first configuration: a
    node that is configured again with another ``reliability`` would still get the first one.

    :param node: the node; overrides given at start take effect.
    :param topic: the topic, as it is created.
    :param entity: ``publisher`` or ``subscription``.
    :param qos: the defaults.
    :return: names of the parameters, to be undeclared with the publisher or subscription.
    :raises ValueError: when an override given at start is wrong; none stays declared.
    """
    names: list[str] = []
    try:
        for policy, values in POLICIES.items():
            key = policy.name.lower()
            name = f'{PREFIX}{node.resolve_topic_name(topic)}.{entity}.{key}'
            default = getattr(qos, key)
            described = ParameterDescriptor(
                description=f'{key} of the {entity}; set at start only.')
            if values is None:
                described.integer_range = [
                    IntegerRange(from_value=0, to_value=MAX_DEPTH, step=0)]
            given = node.declare_parameter(
                name, default if values is None else default.name.lower(), described).value
            names.append(name)
            _check(name, given, values)
    except (ParameterException, ValueError) as error:
        for name in names:
            node.undeclare_parameter(name)
        raise ValueError(str(error)) from error
    return names


def _check(name: str, given: Any, values: type[Enum] | None) -> None:
    if values is not None and given.upper() not in values.__members__:
        allowed = ', '.join(value.lower() for value in values.__members__ if value != 'UNKNOWN')
        raise ValueError(f'{name} must be one of {allowed}, got {given!r}')
