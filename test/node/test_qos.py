# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Quality of service overridden by parameters, seen on a real graph."""

import pytest
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, HistoryPolicy, ReliabilityPolicy
from ros_support import change_state, state, STATES, tiny_parameters, TRANSITIONS

CAMERA = '/front/image_raw'
LABEL = '/recognizer/front/label'
ROUND_TRIP = (TRANSITIONS.TRANSITION_DEACTIVATE, TRANSITIONS.TRANSITION_CLEANUP,
              TRANSITIONS.TRANSITION_CONFIGURE, TRANSITIONS.TRANSITION_ACTIVATE)


def override(topic, entity, policy):
    return f'qos_overrides.{topic}.{entity}.{policy}'


def start(graph, tiny_card, overrides, **changes):
    return graph.start_recognizer(**tiny_parameters(tiny_card, CAMERA, **changes), **overrides)


def profile_of(graph, topic, kind='publishers'):
    """Return the quality of service of the only publisher or subscription, as the graph has it."""
    ask = getattr(graph.node, f'get_{kind}_info_by_topic')
    (info,) = graph.wait(lambda: ask(topic))
    return info.qos_profile


def used_by_camera(node):
    (subscription,) = (s for s in node.subscriptions if s.topic_name == CAMERA)
    return subscription.qos_profile


def test_overrides_take_effect_and_the_rest_stays(graph, tiny_card):
    node = start(graph, tiny_card, {
        override(CAMERA, 'subscription', 'depth'): 7,
        override(CAMERA, 'subscription', 'reliability'): 'best_effort',
        override(LABEL, 'publisher', 'durability'): 'volatile',
        override('/diagnostics', 'publisher', 'history'): 'keep_all'})
    assert profile_of(graph, LABEL).durability == DurabilityPolicy.VOLATILE
    assert profile_of(graph, CAMERA, 'subscriptions').reliability == ReliabilityPolicy.BEST_EFFORT
    assert used_by_camera(node).depth == 7
    action = profile_of(graph, '/recognizer/front/action')
    assert action.durability == DurabilityPolicy.TRANSIENT_LOCAL
    histories = {p.topic_name: p.qos_profile.history for p in node.publishers}
    assert histories['/diagnostics'] == HistoryPolicy.KEEP_ALL
    assert histories['/recognizer/front/classification'] == HistoryPolicy.KEEP_LAST


def test_overrides_hold_over_round_trips_and_defaults_follow_the_parameters(graph, tiny_card):
    node = start(graph, tiny_card, {override(CAMERA, 'subscription', 'depth'): 7})
    depth, reliability = (
        override(CAMERA, 'subscription', policy) for policy in ('depth', 'reliability'))
    assert node.get_parameter(reliability).value == 'reliable'
    for transition in ROUND_TRIP[:2]:
        assert change_state(graph, transition)
    assert not node.has_parameter(depth)
    (result,) = node.set_parameters([Parameter('reliability', value='best_effort')])
    assert result.successful
    for transition in ROUND_TRIP[2:]:
        assert change_state(graph, transition)
    assert used_by_camera(node).reliability == ReliabilityPolicy.BEST_EFFORT
    assert used_by_camera(node).depth == node.get_parameter(depth).value == 7


def test_an_override_cannot_change_while_its_topic_exists(graph, tiny_card):
    node = start(graph, tiny_card, {})
    name = override(LABEL, 'publisher', 'depth')
    (result,) = node.set_parameters([Parameter(name, value=9)])
    assert (result.successful, result.reason) == (False, f'{name} can be set at start only')
    assert node.get_parameter(name).value == 1


@pytest.mark.parametrize(('policy', 'value', 'words'), [
    ('reliability', 'sometimes', "must be one of system_default, reliable, best_effort"),
    ('depth', 'many', 'many'), ('depth', -1, 'range')])
def test_wrong_override_is_named_and_leaves_nothing_declared(
        graph, tiny_card, policy, value, words, capfd):
    name = override(LABEL, 'publisher', policy)
    node = start(graph, tiny_card, {name: value})
    assert state(graph) == STATES.PRIMARY_STATE_UNCONFIGURED
    printed = capfd.readouterr().err
    assert 'not configured: ' in printed
    assert name in printed
    assert words in printed
    assert not any(name.startswith('qos_overrides') for name in node._parameters)
