# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A stream in training: a network, its trainable parameters, its loss and its optimiser.

Layout legend: N clips, D features, K classes.
"""

from collections.abc import Sequence
from fnmatch import fnmatch

from imrs_ros.networks import VideoNetwork
import torch
from torch import nn, Tensor
from training.config import RunConfig
from training.learning.losses import Distillation, mix
from training.learning.networks import load_pretrained, make_network
from training.learning.teacher import FeatureScale, Teacher

TEACHER = 'teacher'
"""Key of a batch: the features of the teacher, if they were computed before."""


class Stream(nn.Module):
    """
    A network in training, with pretrained weights and frozen parameters.

    If a teacher's features have another width, a linear projection maps the student's features
    to it; it is trained with the student and then discarded.
    """

    def __init__(self, config: RunConfig, num_classes: int, teacher: Teacher | None = None,
                 ) -> None:
        """
        Build the network and load its pretrained weights.

        :param config: the run's settings.
        :param num_classes: number of labels.
        :param teacher: the teacher to imitate, or None.
        :raises ValueError: when a pattern in ``frozen`` matches no parameter.
        """
        super().__init__()
        self.config = config
        self.num_classes = num_classes
        self.network = make_network(config, num_classes)
        self._pretrained = load_pretrained(self.network, config)
        # In a list, so that it is no submodule: not trained, saved or synchronised.
        self._teacher = [] if teacher is None else [teacher]
        self._distillation = Distillation(config.lambda1, config.lambda2, config.kl_reduction)
        width = self.network.moving_dim
        self.projections = nn.ModuleList(
            nn.Identity() if dim == width else nn.Linear(width, dim)
            for dim in (teacher.feature_dims if teacher else ()))
        self.scale = None if teacher is None else FeatureScale(teacher)
        """Standardises what is imitated; None without a teacher."""
        self._freeze(config.frozen)
        if config.cached_draws:
            self._freeze(self._below_cache())

    def _below_cache(self) -> list[str]:
        """Return the names of the parameters that the cached outputs depend on."""
        names = [name for name, _ in self.network.named_parameters()]
        if self.config.cached == 'maps':
            return [n for n in names if n.startswith(self.network.image_names)]
        return [name for name in names if not name.startswith(self.network.head_names)]

    def _freeze(self, patterns: Sequence[str]) -> None:
        names = [name for name, _ in self.network.named_parameters()]
        for pattern in patterns:
            if not any(fnmatch(name, pattern) for name in names):
                raise ValueError(f'frozen pattern {pattern!r} matches no parameter of {names}')
        for name, parameter in self.network.named_parameters():
            if any(fnmatch(name, p) for p in patterns):
                parameter.requires_grad_(False)

    def train(self, mode: bool = True) -> 'Stream':
        """
        Set training mode; frozen batch normalisation stays in evaluation mode.

        :param mode: False for evaluation mode.
        :return: the stream.
        """
        super().train(mode)
        for module in self.network.modules():
            is_norm = isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d)
            if is_norm and not module.weight.requires_grad:
                module.eval()
        return self

    def make_optimizer(self) -> torch.optim.Optimizer:
        """
        Create the optimiser: a lower rate for pretrained weights, no decay for BN and biases.

        :return: AdamW or SGD.
        """
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.named_parameters():
            if parameter.requires_grad:
                is_pretrained = name.removeprefix('network.') in self._pretrained
                factor = self.config.pretrained_rate_factor if is_pretrained else 1.0
                decay = self.config.weight_decay if parameter.ndim > 1 else 0.0
                rate = factor * self.config.learning_rate
                groups.setdefault((rate, decay), []).append(parameter)
        described = [{'params': parameters, 'lr': rate, 'weight_decay': decay}
                     for (rate, decay), parameters in groups.items()]
        if self.config.optimizer == 'sgd':
            return torch.optim.SGD(described, momentum=self.config.momentum)
        return torch.optim.AdamW(described)

    def teacher_features(self, batch: dict[str, Tensor]) -> Tensor:
        """
        Return what the teacher makes of clips, before it is scaled.

        :param batch: as in ``forward``; needs a teacher.
        :return: features_ND of all its networks.
        """
        teacher, = self._teacher
        return batch[TEACHER] if TEACHER in batch else teacher(batch)

    def forward(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """
        Return the training loss and its terms.

        :param batch: ``label`` (int64) and clips_NTHWC (uint8) by stream, or instead of clips the
            cached ``features``, or ``maps`` and ``still``, and ``teacher``.
        :return: scalars ``loss`` and ``cross_entropy``; with a teacher ``mse`` and ``kl``.
        """
        inputs = dict(batch)
        labels_N = inputs.pop('label')
        targets_NK = nn.functional.one_hot(labels_N, self.num_classes).float()
        inputs, targets_NK = mix(inputs, targets_NK, self.config.mixup_alpha)
        features_ND = pooled_features(self.network, inputs, self.config.stream)
        cross_entropy = nn.functional.cross_entropy(
            self.network.classify(features_ND), targets_NK,
            label_smoothing=self.config.label_smoothing)
        losses = {'loss': cross_entropy, 'cross_entropy': cross_entropy}
        if self.scale is not None:
            teacher_ND = self.scale(self.teacher_features(inputs).float())
            moving_ND = features_ND[:, self.network.still_dim:]
            distances = self._distillation.losses(
                [project(moving_ND).float() for project in self.projections],
                teacher_ND.split(self.scale.feature_dims, dim=1))
            losses |= distances
            losses['loss'] = self._distillation.total(cross_entropy, distances)
        return losses


def pooled_features(network: VideoNetwork, inputs: dict[str, Tensor], stream: str) -> Tensor:
    """
    Return the pooled features of clips, continuing from cached outputs if there are any.

    :param network: the network.
    :param inputs: clips_NTHWC (uint8) by stream; or ``features``; or ``maps`` and ``still``.
    :param stream: ``rgb`` or ``flow``.
    :return: features_ND.
    """
    if 'features' in inputs:
        return inputs['features']
    if 'maps' in inputs:
        moving_ND = network.moving_features(inputs['maps'].float())
        return torch.cat([inputs['still'].float(), moving_ND], dim=1)
    return network.pool_clip(inputs[stream])
