# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The description of poses: what changes it, and what must not."""

from imrs_ros.architectures.movenet import MAX_PEOPLE, NUM_KEYPOINTS, PERSON_DIM
from imrs_ros.networks.pose import (
    describe_pose, LEFT_RIGHT, mirror_pose, NOBODY, POSE_DIM, PoseClassifier)
import numpy as np
import pytest
import torch

SHARES = slice(0, 4 * 2 * NUM_KEYPOINTS)
"""Places: mean, deviation, range and step."""


def people(num_clips=2, num_frames=8, seed=0, certainty=0.6):
    """Return random people, the first of every frame the most certain."""
    rng = np.random.default_rng(seed)
    found = np.zeros((num_clips, num_frames, MAX_PEOPLE, PERSON_DIM), np.float32)
    found[..., :51] = rng.uniform(0.3, 0.7, found[..., :51].shape)
    found[..., 51:53], found[..., 53:55] = 0.25, 0.75
    found[..., 55] = certainty / 10
    found[..., 0, 55] = certainty
    return torch.from_numpy(found)


def keypoints(found):
    return found[..., :51].unflatten(-1, (NUM_KEYPOINTS, 3))


def test_a_person_elsewhere_and_smaller_has_the_same_pose():
    near, far = people(), people()
    places = keypoints(far)[..., :2]
    places.mul_(0.5).add_(torch.tensor([0.1, 0.3]))
    far[..., 51:55] = far[..., 51:55] * 0.5 + torch.tensor([0.1, 0.3, 0.1, 0.3])
    torch.testing.assert_close(
        describe_pose(far)[:, SHARES], describe_pose(near)[:, SHARES], rtol=1e-3, atol=1e-3)


def test_the_most_certain_person_counts_wherever_it_stands_in_the_list():
    first, last = people(), people()
    last[:, :, [0, 4]] = last[:, :, [4, 0]]
    assert torch.equal(describe_pose(first), describe_pose(last))


def test_the_mirrored_description_is_that_of_the_mirrored_people():
    found = people(seed=3)
    mirrored = found.clone()
    points = keypoints(found)[..., list(LEFT_RIGHT), :].clone()
    points[..., 1] = 1 - points[..., 1]
    mirrored[..., :51] = points.flatten(-2)
    mirrored[..., 52], mirrored[..., 54] = 1 - found[..., 54], 1 - found[..., 52]
    torch.testing.assert_close(
        mirror_pose(describe_pose(found)), describe_pose(mirrored), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(
        mirror_pose(mirror_pose(describe_pose(found))), describe_pose(found))


def test_a_still_person_has_no_motion_and_a_moving_one_has():
    still = people()
    still[:] = still[:, :1]
    moving = still.clone()
    wrist = keypoints(moving)[:, :, :, 9]
    wrist[..., 0] += torch.linspace(0, 0.2, 8)[None, :, None]
    steps = slice(3 * 2 * NUM_KEYPOINTS, 4 * 2 * NUM_KEYPOINTS)
    assert describe_pose(still)[:, steps].abs().max() < 1e-6
    changed = describe_pose(moving)[0, steps].unflatten(0, (NUM_KEYPOINTS, 2))
    assert changed[9, 0] > 0.05
    assert changed[[7, 8, 10]].abs().max() < 1e-6


def test_keypoints_of_nobody_do_not_count():
    a, b = people(seed=1, certainty=NOBODY), people(seed=2, certainty=NOBODY)
    torch.testing.assert_close(describe_pose(a), describe_pose(b))
    assert describe_pose(people(seed=1))[0, 0] != describe_pose(people(seed=2))[0, 0]


def test_a_frame_counts_by_the_certainty_of_its_person():
    sure, doubtful = people(num_frames=2), people(num_frames=2)
    doubtful[:, 1, 0, 55] = 0.06
    alone = people(num_frames=2)
    alone[:, 1] = alone[:, 0]
    distance = [(describe_pose(each) - describe_pose(alone))[:, :34].abs().mean()
                for each in (sure, doubtful)]
    assert distance[1] < 0.6 * distance[0]


def test_the_description_has_its_length_and_is_finite():
    for certainty in (0.0, 0.05, 1.0):
        described = describe_pose(people(num_clips=3, certainty=certainty))
        assert described.shape == (3, POSE_DIM)
        assert described.isfinite().all()
    assert describe_pose(torch.zeros(1, 8, MAX_PEOPLE, PERSON_DIM)).isfinite().all()


def test_members_are_averaged():
    torch.manual_seed(0)
    classifier = PoseClassifier(3, num_members=2)
    pose = torch.randn(4, POSE_DIM)
    probabilities = classifier(pose)
    assert probabilities.shape == (4, 4)
    assert probabilities.sum(dim=1).tolist() == pytest.approx([1.0] * 4)
    members = classifier.logits(pose[None].expand(2, -1, -1)).softmax(dim=2)
    torch.testing.assert_close(probabilities, (members[0] + members[1]) / 2)
