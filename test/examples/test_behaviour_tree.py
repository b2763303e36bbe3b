# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A behaviour tree with the leaf of ``examples/behaviour_tree``, on a real graph."""

import pytest

py_trees = pytest.importorskip(
    'py_trees', reason='needs py_trees: pip install py_trees, or apt install python3-py-trees')


@pytest.fixture
def leaf(graph, load):
    """Return a function that sets up a leaf on a node of its own, and ticks it."""
    from rclpy.node import Node
    module = load('behaviour_tree/person_does.py')
    node = Node('tree', context=graph.context)
    graph.executor.add_node(node)
    leaves = []

    def make(*arguments, **options):
        found = module.PersonDoes('person does', *arguments, **options)
        found.setup(node=node)
        leaves.append(found)
        return found
    yield make
    # As in a robot: the tree ends when its node is no longer spun.
    graph.executor.remove_node(node)
    for found in leaves:
        found.shutdown()
    node.destroy_node()


def ticked(leaf):
    leaf.tick_once()
    return leaf.status


def test_it_succeeds_while_the_person_does_it_and_fails_when_they_do_not(graph, actions, leaf):
    condition, any_action = leaf('wave'), leaf()
    assert ticked(condition) is py_trees.common.Status.FAILURE
    actions.decide('wave')
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.SUCCESS)
    assert ticked(any_action) is py_trees.common.Status.SUCCESS
    actions.decide('fall')
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.FAILURE)
    assert condition.feedback_message == 'fall'
    assert ticked(any_action) is py_trees.common.Status.SUCCESS
    actions.decide('no_action')
    graph.wait(lambda: ticked(any_action) is py_trees.common.Status.FAILURE)


def test_it_waits_where_it_is_asked_to(graph, actions, leaf):
    waiting = leaf('wave', otherwise=py_trees.common.Status.RUNNING)
    assert ticked(waiting) is py_trees.common.Status.RUNNING
    actions.decide('wave')
    graph.wait(lambda: ticked(waiting) is py_trees.common.Status.SUCCESS)


def test_an_action_does_not_outlive_a_recognizer_that_hangs(graph, actions, leaf):
    condition = leaf('wave')
    actions.decide('wave')
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.SUCCESS)
    actions.hang()
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.FAILURE)
    assert condition.feedback_message == 'no living recognizer on /recognizer/front/action'


def test_an_action_does_not_outlive_a_recognizer_that_is_gone(graph, actions, leaf):
    condition = leaf('wave')
    actions.decide('wave')
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.SUCCESS)
    actions.vanish()
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.FAILURE)
    # One that starts again has not decided anything yet.
    actions.start()
    graph.wait(lambda: graph.node.count_subscribers('/recognizer/front/action'))
    assert ticked(condition) is py_trees.common.Status.FAILURE
    actions.decide('wave')
    graph.wait(lambda: ticked(condition) is py_trees.common.Status.SUCCESS)


def test_misuse_is_named(load):
    module = load('behaviour_tree/person_does.py')
    with pytest.raises(ValueError, match='expected FAILURE or RUNNING, got'):
        module.PersonDoes('leaf', otherwise=py_trees.common.Status.SUCCESS)
    with pytest.raises(KeyError, match='expected the ROS node, got none'):
        module.PersonDoes('leaf').setup()
    with pytest.raises(RuntimeError, match='call setup before tick'):
        module.PersonDoes('leaf').update()


def test_the_tree_of_the_example_greets_and_patrols(graph, actions, load):
    from rclpy.node import Node
    module = load('behaviour_tree/person_does.py')
    node = Node('robot', context=graph.context)
    graph.executor.add_node(node)
    tree = py_trees.trees.BehaviourTree(module.make_tree('wave', 'front'))
    tree.setup(node=node)

    def does(name):
        tree.tick()
        return tree.tip().name == name
    assert does('patrolling')
    actions.decide('wave')
    graph.wait(lambda: does('greeting'))
    actions.decide('no_action')
    graph.wait(lambda: does('patrolling'))
    graph.executor.remove_node(node)
    tree.shutdown()
    node.destroy_node()
