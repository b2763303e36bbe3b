# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Calibrate a model's scores on videos that it was not trained on.

Layout legend: M clips, K classes.
"""

from dataclasses import dataclass, field

from imrs_ros.settings import OperatingPoint
import numpy as np
from numpy.typing import NDArray
import torch
from torch.nn import functional

TEMPERATURES = np.geomspace(0.05, 20.0, 400)
PRIOR_DEVIATION = 1.0
"""Of the temperature's natural logarithm, around 0."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """The entries ``calibration`` and ``decision`` of ``model.yaml``."""

    temperature: float
    """Logits are divided by it before the softmax."""
    operating_point: OperatingPoint = field(default_factory=OperatingPoint)
    """Thresholds of the decision."""


NO_CALIBRATION = Calibration(temperature=1.0)
"""Of a model without validation videos."""


def fit_temperature(logits_MK: NDArray[np.float32], truth_M: NDArray[np.int64]) -> float:
    """
    Return the most likely temperature, by the negative log-likelihood (Guo et al. 2017).

    The logarithm has a normal prior, which a hundred clips outweigh: a few clips that are all
    right would else be most likely at the lowest temperature, and every score 0 or 1.

    :param logits_MK: scores of single clips.
    :param truth_M: their classes.
    :return: the temperature, to three digits.
    """
    logits, truth = torch.from_numpy(logits_MK), torch.from_numpy(truth_M)
    losses = [float(functional.cross_entropy(logits / t, truth, reduction='sum'))
              + 0.5 * (np.log(t) / PRIOR_DEVIATION) ** 2 for t in TEMPERATURES]
    return round(float(TEMPERATURES[np.argmin(losses)]), 3)
