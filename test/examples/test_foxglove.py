# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The layout for Foxglove shows topics of the real node, and fields that their messages have."""

import json
import re

import pytest
from ros_support import tiny_parameters

rclpy = pytest.importorskip('rclpy')
PANELS = {'Image', 'StateTransitions', 'RawMessages', 'Plot', 'DiagnosticSummary'}


@pytest.fixture
def layout(examples):
    return json.loads((examples / 'foxglove' / 'imrs_ros.json').read_text())


def panels_of(tree):
    """Return the panels of a layout, a binary tree of splits."""
    if isinstance(tree, str):
        return [tree]
    assert set(tree) == {'direction', 'splitPercentage', 'first', 'second'}
    assert tree['direction'] in ('row', 'column')
    assert 0 < tree['splitPercentage'] < 100
    return panels_of(tree['first']) + panels_of(tree['second'])


def paths_of(layout):
    """Return every message path: a topic, and the fields below it."""
    for config in layout['configById'].values():
        yield from (series['value'] for series in config.get('paths', ()))
        yield from (config[key] for key in ('topicPath', 'topicToRender') if config.get(key))
        if 'imageMode' in config:
            yield config['imageMode']['imageTopic']


def check_fields(kind, path):
    """Follow a path through the fields of a message; the last one must not be a message."""
    from importlib import import_module
    for field in path:
        name = re.match(r'\w+', field)[0]
        types = kind.get_fields_and_field_types()
        assert name in types, f'{kind.__name__} has {sorted(types)}'
        element = types[name].removeprefix('sequence<').removesuffix('>')
        package, _, message = element.partition('/')
        if message:
            kind = getattr(import_module(f'{package}.msg'), message)
        else:
            assert field is path[-1]


def test_every_panel_is_placed_once_and_configured(layout):
    placed = panels_of(layout['layout'])
    assert sorted(placed) == sorted(layout['configById'])
    assert {panel.partition('!')[0] for panel in placed} == PANELS


def test_every_path_is_published_by_the_node(layout, graph, tiny_card):
    from importlib import import_module
    graph.start_recognizer(**tiny_parameters(tiny_card, '/front/image_raw'))
    paths = [re.fullmatch(r'(/[\w/]+)((?:\.\w+(?:\[[^\]]*\])?(?:\{[^}]*\})?)*)', path)
             for path in paths_of(layout)]
    assert len(paths) == 7
    assert all(paths)
    topics = {path[1] for path in paths}

    def types():
        return dict(graph.node.get_topic_names_and_types())
    graph.wait(lambda: topics <= set(types()))
    for path in paths:
        package, _, message = types()[path[1]][0].partition('/msg/')
        fields = [field for field in path[2].split('.') if field]
        check_fields(getattr(import_module(f'{package}.msg'), message), fields)
