"""
What the network scores for the golden clips, in float32: what engines are checked against.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.backends.gpu.engine_check import check_scores
from imrs_ros.golden_clips import digest_of, golden_clips
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
import numpy as np
from numpy.typing import NDArray
import torch

Infer = Callable[[Sequence[Clip]], NDArray[np.float32]]


class Reference:
    """The golden clips of a model and their scores."""

    def __init__(self, card: ModelCard) -> None:
        """
        Take the scores from the card, or compute them where it has none for these clips.

        :param card: the model.
        :raises ModelCardError: when they must be computed, and the weights do not fit the card.
        """
        spec = card.spec
        clips_NTHWC = golden_clips(spec.num_frames, spec.size_px, len(spec.mean))
        self._clips = [Clip('', clip, 0, 0, '') for clip in clips_NTHWC]
        self._bound = card.golden.bound
        if card.golden.clips_sha256 == digest_of(clips_NTHWC):
            self.logits_NK = np.array(card.golden.logits, np.float32)
        else:
            with torch.inference_mode():
                self.logits_NK = load_network(card)(torch.from_numpy(clips_NTHWC)).numpy()

    def check(self, infer: Infer) -> None:
        """
        Let an engine score the golden clips, together and one alone.

        :param infer: as of ``Backend.infer``.
        :raises GateError: when its scores are not those of the network.
        """
        check_scores(infer(self._clips), self.logits_NK, self._bound)
        check_scores(infer(self._clips[-1:]), self.logits_NK[-1:], self._bound)
