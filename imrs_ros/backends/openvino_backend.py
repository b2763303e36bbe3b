"""
The network compiled by OpenVINO for the CPU: the default.

Layout legend: N clips, T frames, H height, W width, C channels, K classes.
"""

from collections.abc import Sequence
import warnings

from imrs_ros.backends.base import BackendDescription
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import openvino
import torch


class OpenVinoBackend:
    """An OpenVINO CPU network in float32, compiled for the lowest latency of one clip."""

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load, convert and compile the network.

        :param card: the model.
        :param settings: ``num_threads`` applies to this network.
        :raises ModelCardError: when the weights do not fit the card.
        """
        spec = card.spec
        shape = (1, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
        example = torch.zeros(shape, dtype=torch.uint8)
        core = openvino.Core()
        config: dict[str, object] = {
            'PERFORMANCE_HINT': 'LATENCY', 'INFERENCE_PRECISION_HINT': 'f32'}
        if settings.num_threads:
            config['INFERENCE_NUM_THREADS'] = settings.num_threads
        with warnings.catch_warnings():
            # PyTorch warns of its own use of a deprecated name.
            warnings.simplefilter('ignore', FutureWarning)
            exported = torch.export.export(load_network(card), (example,))
            converted = openvino.convert_model(exported)
        compiled = core.compile_model(converted, 'CPU', config)
        self._request = compiled.create_infer_request()
        self.description = BackendDescription(
            'openvino', openvino.get_version().split('-')[0],
            core.get_property('CPU', 'FULL_DEVICE_NAME').strip(), 'float32')

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any streams, one after the other.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        return np.stack([self._infer_one(clip.frames_THWC[None]) for clip in clips])

    def _infer_one(self, clip_1THWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._request.infer([clip_1THWC], share_inputs=True)
        logits_K: NDArray[np.float32] = self._request.get_output_tensor(0).data[0].copy()
        return logits_K

    def close(self) -> None:
        """Free the network."""
        del self._request
