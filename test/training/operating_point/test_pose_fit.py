# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The fit of a pose stream on descriptions that follow a known rule."""

from imrs_ros.networks.pose import mirror_pose, POSE_DIM, PoseClassifier
import numpy as np
import pytest
import torch
from training.operating_point import pose_fit
from training.operating_point.pose_fit import fit_pose


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(pose_fit, 'STEPS', 150)


def clips(centre, count, seed):
    """Return descriptions about a centre, which only the first entries tell apart."""
    rng = np.random.default_rng(seed)
    found = rng.normal(size=(count, POSE_DIM)).astype(np.float32)
    found[:, :len(centre)] += centre
    return found


def vertical(first, last, value):
    """Return a centre that lies at a value in some vertical places, which a mirror keeps."""
    centre = np.zeros(34, np.float32)
    centre[first:last:2] = value
    return centre


CENTRES = [vertical(0, 16, 3.0), vertical(16, 34, 3.0), vertical(0, 34, -3.0)]
"""The last is that of other actions. A mirror swaps places of equal value, all but the nose's."""


def fitted(seed=0, others=1):
    known = np.concatenate([clips(CENTRES[0], 200, 1), clips(CENTRES[1], 20, 2)])
    classifier = PoseClassifier(2, num_members=2)
    fit_pose(classifier, known, np.repeat([0, 1], [200, 20]),
             [clips(CENTRES[2], 100, 3 + n) for n in range(others)], seed)
    return classifier.eval()


def test_classes_and_other_actions_are_told_apart():
    classifier = fitted()
    with torch.no_grad():
        for label, centre in enumerate(CENTRES):
            probabilities = classifier(torch.from_numpy(clips(centre, 50, 9)))
            assert (probabilities.argmax(dim=1) == label).float().mean() > 0.9


def test_a_rare_class_counts_as_much_as_a_frequent_one():
    with torch.no_grad():
        rare = fitted()(torch.from_numpy(clips(CENTRES[1], 50, 9)))
    assert (rare.argmax(dim=1) == 1).float().mean() > 0.9


def test_a_mirrored_clip_is_scored_alike():
    found = torch.from_numpy(clips(CENTRES[0], 50, 9))
    classifier = fitted()
    with torch.no_grad():
        agree = classifier(found).argmax(1) == classifier(mirror_pose(found)).argmax(1)
    assert agree.float().mean() > 0.9


def test_the_same_seed_gives_the_same_weights():
    first, second, other = fitted(), fitted(), fitted(seed=1)
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    assert not torch.equal(first.weights[0], other.weights[0])


def test_without_other_actions_none_is_never_likely():
    classifier = fitted(others=0)
    with torch.no_grad():
        assert classifier(torch.from_numpy(clips(CENTRES[0], 50, 9)))[:, 2].max() < 0.3
