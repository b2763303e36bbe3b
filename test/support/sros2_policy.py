# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Compares the SROS 2 policy with what a node uses on the graph."""

import xml.etree.ElementTree as ElementTree

NOT_ALWAYS = {'/clock', '/front/image_raw/compressed'}
"""Subscribed to with simulated time only, and the transport that is not in use."""


def allowed(root, name, path):
    """Return the names that the policy allows a node."""
    found = ElementTree.parse(root / 'config' / 'sros2_policy.xml').findall(
        f".//profile[@node='{name}']/{path}")
    return {item.text.replace('~', f'/{name}') for group in found for item in group}


def check_policy(root, graph, node):
    """Wait until a node publishes all that it may, and check that it uses nothing else."""
    name = node.get_name()

    def used(kind):
        ask = getattr(node, f'get_{kind}_names_and_types_by_node')
        return {topic for topic, _ in ask(name, '/')}
    topics = allowed(root, name, "topics[@publish='ALLOW']")
    assert topics
    graph.wait(lambda: used('publisher') == topics)
    subscribed = allowed(root, name, "topics[@subscribe='ALLOW']")
    assert used('subscriber') == subscribed - NOT_ALWAYS
    # Older distributions have no ~/get_type_description.
    answered = allowed(root, name, "services[@reply='ALLOW']")
    assert used('service') | {f'/{name}/get_type_description'} == answered
    assert used('client') == set()
