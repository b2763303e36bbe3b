# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The SROS 2 policy names what the node uses, and nothing else."""

import xml.etree.ElementTree as ElementTree

from ros_support import tiny_parameters

# Subscribed to with simulated time only, and the transport that is not in use.
NOT_ALWAYS = {'/clock', '/front/image_raw/compressed'}


def allowed(root, path):
    found = ElementTree.parse(root / 'config' / 'sros2_policy.xml').findall(f'.//{path}')
    return {item.text.replace('~', '/recognizer') for group in found for item in group}


def test_policy_is_what_the_node_uses(root, graph, tiny_card):
    node = graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))

    def used(kind):
        ask = getattr(node, f'get_{kind}_names_and_types_by_node')
        return {name for name, _ in ask('recognizer', '/')}
    topics = allowed(root, "topics[@publish='ALLOW']")
    graph.wait(lambda: used('publisher') == topics)
    subscribed = allowed(root, "topics[@subscribe='ALLOW']")
    assert used('subscriber') == subscribed - NOT_ALWAYS
    # Older distributions have no ~/get_type_description.
    answered = allowed(root, "services[@reply='ALLOW']")
    assert used('service') | {'/recognizer/get_type_description'} == answered
    assert used('client') == set()
