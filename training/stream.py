"""
One trainable stream: a network, what of it learns, and how fast.

Layout legend: N clips, T frames, H height, W width, C channels, K classes.
"""

from collections.abc import Sequence
from fnmatch import fnmatch

from imrs_ros.networks import build_network, VideoNetwork
import torch
from torch import nn, Tensor
from training.config import RunConfig
from training.pretrained import load_imagenet_lite0


def make_network(config: RunConfig, num_classes: int) -> VideoNetwork:
    """
    Make the network a config names, with initial weights.

    :param config: the run's settings.
    :param num_classes: number of labels.
    :return: the network, in channels-last memory where its convolutions are 2D.
    """
    network = build_network(
        config.network, num_classes=num_classes, excitation=config.excitation,
        excitation_stages=config.excitation_stages, width=config.width, dropout=config.dropout)
    two_d = config.network == 'lite0'
    memory_format = torch.channels_last if two_d else torch.channels_last_3d
    return network.to(memory_format=memory_format)  # type: ignore[call-overload, no-any-return]


class Stream:
    """A network in training: pretrained weights loaded, frozen parts kept as they are."""

    def __init__(self, config: RunConfig, num_classes: int) -> None:
        """
        Make the stream.

        :param config: the run's settings.
        :param num_classes: number of labels.
        :raises ValueError: when a pattern in ``frozen`` matches no parameter.
        """
        self.config = config
        self.num_classes = num_classes
        self.network = make_network(config, num_classes)
        self._pretrained: frozenset[str] = frozenset()
        if config.pretrained == 'imagenet':
            self._pretrained = frozenset(load_imagenet_lite0(self.network).loaded)
        if config.cached_draws:
            self.network.requires_grad_(False)
            self.network.norm.requires_grad_(True)
            self.network.fc.requires_grad_(True)
        else:
            self._freeze(config.frozen)

    def _freeze(self, patterns: Sequence[str]) -> None:
        names = [name for name, _ in self.network.named_parameters()]
        for pattern in patterns:
            if not any(fnmatch(name, pattern) for name in names):
                raise ValueError(f'frozen pattern {pattern!r} matches no parameter of {names}')
        for name, parameter in self.network.named_parameters():
            parameter.requires_grad_(not any(fnmatch(name, p) for p in patterns))

    def train(self) -> None:
        """Set training mode; frozen batch norms keep their statistics."""
        self.network.train()
        for module in self.network.modules():
            is_norm = isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d)
            if is_norm and not module.weight.requires_grad:
                module.eval()

    def make_optimizer(self) -> torch.optim.Optimizer:
        """
        Make AdamW with a lower rate for pretrained weights and no decay for BN and biases.

        :return: the optimiser.
        """
        groups: dict[tuple[float, float], list[nn.Parameter]] = {}
        for name, parameter in self.network.named_parameters():
            if parameter.requires_grad:
                factor = self.config.pretrained_rate_factor if name in self._pretrained else 1.0
                decay = self.config.weight_decay if parameter.ndim > 1 else 0.0
                rate = factor * self.config.learning_rate
                groups.setdefault((rate, decay), []).append(parameter)
        return torch.optim.AdamW([
            {'params': parameters, 'lr': rate, 'weight_decay': decay}
            for (rate, decay), parameters in groups.items()])

    def loss(self, inputs: Tensor, labels_N: Tensor) -> Tensor:
        """
        Give the training loss: cross-entropy with label smoothing, and mixup where asked.

        :param inputs: clips_NTHWC, uint8; or features_ND where the config caches them.
        :param labels_N: int64.
        :return: a scalar.
        """
        mixed, targets_NK = self._mix(inputs, labels_N)
        score = self.network.classify if self.config.cached_draws else self.network
        return nn.functional.cross_entropy(
            score(mixed), targets_NK, label_smoothing=self.config.label_smoothing)

    def _mix(self, inputs: Tensor, labels_N: Tensor) -> tuple[Tensor, Tensor]:
        """Blend every item with another of the batch (Zhang et al. 2018), labels alike."""
        targets_NK = nn.functional.one_hot(labels_N, self.num_classes).float()
        alpha = self.config.mixup_alpha
        if alpha == 0:
            return inputs, targets_NK
        share = float(torch.distributions.Beta(alpha, alpha).sample())
        order = torch.randperm(len(labels_N))
        mixed = torch.lerp(inputs[order].float(), inputs.float(), share)
        return mixed, torch.lerp(targets_NK[order], targets_NK, share)
