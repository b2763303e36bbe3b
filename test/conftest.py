# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Fixtures for all tests: real clips if they are present, tiny models anywhere."""

from pathlib import Path

from imrs_ros.demo.ros_domain import RosDomain
from imrs_ros.demo.sources import data_folder, SUBSET
from imrs_ros.model_card import ModelCard
import pytest
from samples import write_tiny_model

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='session', autouse=True)
def cache_home(tmp_path_factory):
    """Keep the converted models of tests out of this user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('XDG_CACHE_HOME', str(tmp_path_factory.mktemp('cache')))
        yield


@pytest.fixture(scope='session', autouse=True)
def own_discovery():
    """Keep every graph on this machine, in a ROS domain that only this test run uses."""
    domain = RosDomain()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        patch.setenv('ROS_DOMAIN_ID', str(domain.number))
        yield
    domain.close()


@pytest.fixture(scope='session')
def root():
    """Return the top folder of the repository."""
    return ROOT


@pytest.fixture(scope='session')
def dataset():
    """Return the folder of the real clips, or skip."""
    folder = (ROOT / data_folder()).resolve() / SUBSET
    if not folder.is_dir():
        pytest.skip(f'needs the real clips of {folder}; set IMRS_DATA to the folder above it')
    return folder


@pytest.fixture(scope='session')
def shipped_model():
    """Return the folder of the shipped model."""
    return ROOT / 'models' / 'ucf10'


@pytest.fixture
def tiny_model(tmp_path):
    """Return the card of a small random model in a folder of its own."""
    return write_tiny_model(tmp_path / 'tiny')


@pytest.fixture(scope='session')
def tiny_card(tmp_path_factory):
    """Return the card of a small random model, which must not be changed."""
    return ModelCard.load(write_tiny_model(tmp_path_factory.mktemp('models') / 'tiny').folder)


@pytest.fixture
def graph():
    """Return a ROS graph of its own."""
    pytest.importorskip('rclpy', reason='needs rclpy: `make setup`, or a ROS installation')
    from ros_graph import Graph
    graph = Graph()
    yield graph
    graph.close()
