# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The logits a model must give for the golden clips: what every backend is checked against.

A backend is compiled for one machine, from files that may have changed, sometimes in another
precision, by a library that may be wrong.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.golden_clips import digest_of, golden_clips
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray

CHECKED_SIZES = (8, 4, 3, 2, 1)
"""Batches of which each runs another kernel or graph, and one that is filled up."""
PROBABILITY_BOUND = 0.1
"""The largest difference of a probability: where the bound of the logits is wide, as for bfloat16,
it must not change what is decided."""
Infer = Callable[[Sequence[Clip]], NDArray[np.float32]]


class ScoreError(RuntimeError):
    """A backend whose scores are not those of the model."""


class Reference:
    """The golden clips of a model and their logits, by PyTorch in float32."""

    def __init__(self, card: ModelCard) -> None:
        """
        Read the logits from the card.

        :param card: the model.
        """
        spec = card.spec
        clips_NTHWC = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))
        self.clips = tuple(Clip('', clip, 0, 0, '') for clip in clips_NTHWC)
        self.logits_NK = np.zeros((0, card.num_logits), np.float32)
        """Empty where the card has none for these clips."""
        if card.golden.clips_sha256 == digest_of(clips_NTHWC):
            self.logits_NK = np.array(card.golden.logits, np.float32)
        self._bound = card.golden.bound

    @classmethod
    def complete(cls, card: ModelCard) -> 'Reference':
        """
        Read the logits from the card, or compute them with PyTorch where it has none.

        :param card: the model.
        :return: a reference that has logits.
        :raises ModelCardError: when they must be computed and the weights do not fit the card.
        """
        reference = cls(card)
        if not len(reference.logits_NK):
            # PyTorch is not needed where the card has them.
            from imrs_ros.backends.torch_backend import TorchBackend
            reference.logits_NK = TorchBackend(card, BackendSettings()).infer(reference.clips)
        return reference

    def check(self, infer: Infer) -> None:
        """
        Check a backend by the golden clips in batches of every size that it is built for.

        :param infer: as of ``Backend.infer``.
        :raises ScoreError: when its scores are not those of the model.
        """
        for size in CHECKED_SIZES:
            # Each size begins with another clip, so that each row sees each clip.
            rows = [(size + i) % len(self.clips) for i in range(size)]
            try:
                check_scores(infer([self.clips[row] for row in rows]), self.logits_NK[rows],
                             self._bound)
            except ScoreError as error:
                raise ScoreError(f'in a batch of {size}: {error}') from error

    def check_one(self, logits_1K: NDArray[np.float32], factor: float = 1.0) -> None:
        """
        Check the logits of the last golden clip.

        :param logits_1K: a backend's.
        :param factor: multiplies the bound, for coarser arithmetic.
        :raises ScoreError: when they are not those of the model.
        """
        check_scores(logits_1K, self.logits_NK[-1:], factor * self._bound)


def check_scores(
    logits_NK: NDArray[np.float32], reference_NK: NDArray[np.float32], bound: float,
) -> float:
    """
    Compare a backend's logits with those of the model.

    :param logits_NK: the backend's.
    :param reference_NK: by plain PyTorch in float32.
    :param bound: the largest difference allowed.
    :return: the largest difference.
    :raises ScoreError: when the shapes differ, a logit is not finite or differs by more, a
        probability differs by more than ``PROBABILITY_BOUND``, or another class is the best.
    """
    if logits_NK.shape != reference_NK.shape:
        raise ScoreError(
            f'expected logits of shape {reference_NK.shape} for the golden clips, got '
            f'{logits_NK.shape}')
    num_wrong = int((~np.isfinite(logits_NK)).sum())
    if num_wrong:
        raise ScoreError(
            f'expected finite logits for the golden clips, got {num_wrong} of {logits_NK.size} '
            'that are not')
    difference = float(np.abs(logits_NK.astype(np.float64) - reference_NK).max())
    if not difference <= bound:
        raise ScoreError(
            f'expected the logits of PyTorch in float32 within {bound:g} for the golden clips, '
            f'got a difference of {difference:.4g}')
    change = float(np.abs(_softmax(logits_NK) - _softmax(reference_NK)).max())
    if change > PROBABILITY_BOUND:
        raise ScoreError(
            f'expected probabilities within {PROBABILITY_BOUND:g} of those of PyTorch in float32 '
            f'for the golden clips, got a difference of {change:.4g}; logits differ by '
            f'{difference:.4g}')
    _check_best(logits_NK, reference_NK)
    return difference


def _check_best(logits_NK: NDArray[np.float32], reference_NK: NDArray[np.float32]) -> None:
    """Check that the best class is one of those that are as good as the best."""
    rows, probabilities_NK = np.arange(len(logits_NK)), _softmax(reference_NK)
    best_N = logits_NK.argmax(axis=1)
    lost_N = probabilities_NK.max(axis=1) - probabilities_NK[rows, best_N]
    if lost_N.max() > PROBABILITY_BOUND:
        row = int(lost_N.argmax())
        raise ScoreError(
            f'expected class {reference_NK[row].argmax()} to be the best of golden clip {row}, '
            f'got class {best_N[row]}')


def _softmax(logits_NK: NDArray[np.float32]) -> NDArray[np.float64]:
    powers_NK = np.exp(logits_NK.astype(np.float64) - logits_NK.max(axis=1, keepdims=True))
    shares_NK: NDArray[np.float64] = powers_NK / powers_NK.sum(axis=1, keepdims=True)
    return shares_NK
