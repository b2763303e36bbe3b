# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Learning rate schedules."""

import math

import torch
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, ReduceLROnPlateau
from training.config import RunConfig

PLATEAU_EPOCHS = 10
"""Epochs without a better validation before the rate falls to a tenth (as in the paper)."""


def make_schedule(
    optimizer: torch.optim.Optimizer, config: RunConfig, steps_per_epoch: int,
) -> LRScheduler:
    """
    Create the schedule that a config selects.

    :param optimizer: whose rates it changes.
    :param config: the run's settings.
    :param steps_per_epoch: optimiser steps per epoch.
    :return: ``ReduceLROnPlateau``, to step after every epoch with the clip accuracy, or
        ``LambdaLR``, to step after every optimiser step.
    """
    if config.schedule == 'plateau':
        return ReduceLROnPlateau(optimizer, mode='max', factor=0.1, patience=PLATEAU_EPOCHS)
    return LambdaLR(
        optimizer, lambda step: _cosine_factor(step / steps_per_epoch, config.epochs))


def _cosine_factor(epoch: float, epochs: int) -> float:
    """Rise linearly over the first epoch, then follow a cosine to 0 (Loshchilov, Hutter 2017)."""
    if epoch < 1:
        return (epoch + 0.01) / 1.01
    return 0.5 * (1 + math.cos(math.pi * (epoch - 1) / max(1, epochs - 1)))
