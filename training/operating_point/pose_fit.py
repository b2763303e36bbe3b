# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit the classifier of a pose stream on descriptions of poses.

It has a class of its own for none of the classes, learnt from other actions.

Layout legend: M clips, D numbers of a description, E members, B clips of a batch.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from imrs_ros.model_card import InputSpec
from imrs_ros.networks.movenet import MoveNet
from imrs_ros.networks.pose import mirror_pose, PoseClassifier
from imrs_ros.networks.posed_parts import pose_parts
from imrs_ros.teaching.clip_features import Features
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional
from training.operating_point.pooling import pool_start, pooler_of

HOP, MOST_WINDOWS = 8, 12
"""Frames from one window to the next, and the most windows of a video."""
STEPS, BATCH = 3000, 128
LEARNING_RATE, WEIGHT_DECAY = 2e-3, 0.05
DROPOUT, INPUT_DROPOUT = 0.3, 0.2
LABEL_SMOOTHING = 0.1
OTHER_SHARE = 0.25
"""Of the clips of a batch that show other actions, all sources alike."""
LEAST_DEVIATION = 1e-3


class PosePooler:
    """Describes the poses of videos."""

    def __init__(self, finder: MoveNet, spec: InputSpec) -> None:
        """
        Compile the finder.

        :param finder: finds people.
        :param spec: the input of the network that it stands beside.
        """
        self._spec = spec
        self._pooler = pooler_of(pose_parts(finder, spec.num_frames), spec)

    def describe(self, path: Path) -> Features:
        """
        Describe windows of a video, from its start.

        :param path: the file.
        :return: pose_MD; a video shorter than a window is repeated.
        :raises VideoError: when it cannot be read.
        """
        return pool_start(self._pooler, path, self._spec, HOP, MOST_WINDOWS)


def fit_pose(
    classifier: PoseClassifier, known_MD: Features, truth_M: NDArray[np.int64],
    others: Sequence[Features], seed: int = 0,
) -> None:
    """
    Fit the classifier anew.

    :param classifier: gets the weights; of any earlier ones, nothing remains.
    :param known_MD: descriptions of clips of every class.
    :param truth_M: their classes.
    :param others: descriptions_MD of other actions, by source.
    :param seed: of initial weights and batches.
    """
    with torch.random.fork_rng(devices=()), torch.enable_grad():
        torch.manual_seed(seed)
        fresh = PoseClassifier(classifier.num_classes, classifier.num_members)
        pose_MD, label_M, share_M = _examples(known_MD, truth_M, others, classifier.num_classes)
        mean_D = (share_M[:, None] * pose_MD).sum(dim=0)
        fresh.mean_D.copy_(mean_D)
        fresh.deviation_D.copy_((share_M[:, None] * (pose_MD - mean_D).square()).sum(
            dim=0).sqrt().clamp(min=LEAST_DEVIATION))
        _train(fresh, pose_MD, label_M, share_M)
    classifier.load_state_dict(fresh.state_dict())


def _examples(
    known_MD: Features, truth_M: NDArray[np.int64], others: Sequence[Features], num_classes: int,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return descriptions, mirrored ones too, their labels, and how often each is drawn."""
    other_share = OTHER_SHARE if others else 0.0
    counts = np.bincount(truth_M, minlength=num_classes)
    shares = [(1 - other_share) / num_classes / counts[truth_M]]
    shares += [np.full(len(rows), other_share / len(others) / len(rows)) for rows in others]
    pose_MD = torch.from_numpy(np.concatenate([known_MD, *others]))
    label_M = torch.from_numpy(np.concatenate([
        truth_M, *(np.full(len(rows), num_classes) for rows in others)]))
    share_M = torch.from_numpy(np.concatenate(shares)).float() / 2
    return (torch.cat([pose_MD, mirror_pose(pose_MD)]), label_M.repeat(2), share_M.repeat(2))


def _train(classifier: PoseClassifier, pose_MD: Tensor, label_M: Tensor, share_M: Tensor) -> None:
    groups: list[dict[str, Any]] = [
        {'params': list(classifier.weights)},
        {'params': list(classifier.biases), 'weight_decay': 0.0}]
    optimizer = torch.optim.AdamW(groups, LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, STEPS)
    for rows_EB in _batches(share_M, classifier.num_members):
        pose_EBD = pose_MD[rows_EB]
        keep = torch.rand_like(pose_EBD) >= INPUT_DROPOUT
        pose_EBD = torch.where(keep, pose_EBD, classifier.mean_D)
        loss = functional.cross_entropy(
            classifier.logits(pose_EBD, DROPOUT).flatten(0, 1), label_M[rows_EB].flatten(),
            label_smoothing=LABEL_SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def _batches(share_M: Tensor, num_members: int) -> Iterator[Tensor]:
    for _ in range(STEPS):
        yield torch.multinomial(share_M, num_members * BATCH, replacement=True).view(
            num_members, BATCH)
