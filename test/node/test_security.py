# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The SROS 2 policy names what the node uses, and nothing else."""

from ros_support import tiny_parameters
from sros2_policy import check_policy


def test_policy_is_what_the_node_uses(root, graph, tiny_card):
    check_policy(root, graph, graph.start_recognizer(
        **tiny_parameters(tiny_card, '/front/image_raw', people=True)))
