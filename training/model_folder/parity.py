# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Check that an exported model agrees with its original.

Layout legend: M clips, K classes.
"""

import numpy as np
from numpy.typing import NDArray

PARITY_BOUND = 0.05
"""Largest allowed difference of a logit between the original and the exported model."""


class ParityError(RuntimeError):
    """The exported model does not agree with the original."""


def check_parity(
    original_MK: NDArray[np.float32], exported_MK: NDArray[np.float32],
) -> dict[str, float]:
    """
    Compare the logits of two models on the same clips.

    :param original_MK: the reference.
    :param exported_MK: those of the model folder.
    :return: the largest difference of a logit and the number of clips.
    :raises ParityError: when a logit differs by more than ``PARITY_BOUND``, or the best class
        differs where the original's lead is more than twice that.
    """
    difference = np.abs(original_MK - exported_MK)
    ordered_MK = np.sort(original_MK, axis=1)
    is_clear_M = ordered_MK[:, -1] - ordered_MK[:, -2] > 2 * PARITY_BOUND
    changed_M = (original_MK.argmax(1) != exported_MK.argmax(1)) & is_clear_M
    if not difference.max() <= PARITY_BOUND or changed_M.any():
        raise ParityError(
            f'expected logits within {PARITY_BOUND} of the original model and the same best '
            f'classes, got a difference of {difference.max():.4f} and {changed_M.sum()} changed '
            'best classes; store the weights in float32')
    return {'max_logit_difference': round(float(difference.max()), 6),
            'num_clips': len(original_MK)}
