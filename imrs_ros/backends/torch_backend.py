# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The network run by PyTorch on the CPU: the reference for all other backends.

Layout legend: N clips, K classes.
"""

from collections.abc import Sequence

from imrs_ros.backends.base import BackendDescription
from imrs_ros.model_card import ModelCard
from imrs_ros.networks.weights import load_network
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import torch

DEFAULT_NUM_THREADS = torch.get_num_threads()
"""Before any backend set another number for the process."""


class TorchBackend:
    """Eager PyTorch in float32."""

    def __init__(self, card: ModelCard, settings: BackendSettings) -> None:
        """
        Load the network.

        :param card: the model.
        :param settings: the number of threads applies to the whole process.
        :raises ModelCardError: when the weights do not fit the card.
        :raises RuntimeError: when another precision is requested.
        """
        if settings.cpu_precision != 'float32':
            raise RuntimeError(f'cpu_precision {settings.cpu_precision} needs the backend '
                               'openvino; use float32')
        self._network = load_network(card)
        num_threads = settings.num_threads or len(settings.cpu_cores) or DEFAULT_NUM_THREADS
        if num_threads != torch.get_num_threads():
            torch.set_num_threads(num_threads)
        self.description = BackendDescription(
            'torch', torch.__version__, 'CPU', 'float32')

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips of any cameras.

        :param clips: at least one.
        :return: logits_NK, float32.
        """
        batch_NTHWC = torch.from_numpy(np.stack([clip.frames_THWC for clip in clips]))
        with torch.inference_mode():
            logits_NK: NDArray[np.float32] = self._network(batch_NTHWC).numpy()
        return logits_NK

    def close(self) -> None:
        """Free the network."""
        del self._network
