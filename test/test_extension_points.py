# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Steps of docs/extend.md that no other test would miss when forgotten."""

from imrs_ros.networks import build_network, NETWORKS
from imrs_ros.networks.cut import cut_network
import pytest
from sample_data_sets import make_class_folders, make_hmdb51, make_ucf101
from training.data_set.split_files import Format, SplitFiles


@pytest.mark.parametrize('num_frames', [8, 16, 32])
@pytest.mark.parametrize('name', NETWORKS)
def test_every_network_is_cut_for_frame_reuse(name, num_frames):
    width = 1.0 if name == 'lite0' else 0.25
    plan = cut_network(build_network(name, num_classes=2, width=width).eval(), num_frames).plan
    assert plan.num_frames == num_frames
    assert plan.parts


def test_every_format_of_split_files_has_a_sample(tmp_path):
    samples = (make_ucf101, make_hmdb51, make_class_folders)
    formats = {SplitFiles(make(tmp_path / make.__name__) / 'splits').format for make in samples}
    assert formats == set(Format)
