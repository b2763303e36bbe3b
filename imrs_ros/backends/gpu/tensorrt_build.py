# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A TensorRT plan built from a network by torch-tensorrt.

Relies on, of torch-tensorrt 2.13.0: ``dynamo.convert_exported_program_to_serialized_trt_engine``
(``dynamo/_compiler.py``: "Serialized TensorRT engine, can either be saved to a file or
deserialized via TensorRT APIs") and ``Input`` with ``min_shape``, ``opt_shape`` and ``max_shape``
(``_Input.py``). Not ``torch_tensorrt.compile`` with ``save``: its files hold pickles, and a plan
needs neither torch-tensorrt nor an exported graph to be loaded. The whole graph must be
convertible for that; ``test/backends/gpu/test_converters.py`` tests it. Not yet run on a GPU.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from imrs_ros.backends.gpu.half_precision import network_in
from imrs_ros.backends.onnx.layout import MAX_CLIPS
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.networks import ClipNetwork
import torch


def export_network(
    network: ClipNetwork, spec: InputSpec, dtype: torch.dtype, device: torch.device,
) -> torch.export.ExportedProgram:
    """
    Export a network for any number of clips.

    :param network: in evaluation mode, on the device.
    :param spec: its input.
    :param dtype: type of its input pixels, in [0, 255].
    :param device: where it is.
    :return: the graph, its first axis from 1 to ``MAX_CLIPS``.
    """
    # Two clips: an axis of length one would be taken as fixed.
    example = torch.zeros(_shape(spec, 2), dtype=dtype, device=device)
    clips = torch.export.Dim('clips', min=1, max=MAX_CLIPS)
    return torch.export.export(network, (example,), dynamic_shapes=({0: clips},))


def build_plan(card: ModelCard, precision: str) -> bytes:
    """
    Compile the network of a card for the GPU that PyTorch uses; takes minutes.

    :param card: the model.
    :param precision: one of ``PRECISIONS``: TensorRT follows the types of the graph.
    :return: the plan.
    :raises ImportError: when torch-tensorrt is not installed.
    :raises RuntimeError: when TensorRT cannot compile it.
    """
    import torch_tensorrt
    device = torch.device('cuda', torch.cuda.current_device())
    network, dtype = network_in(card, precision)
    exported = export_network(network.to(device), card.spec, dtype, device)
    # Tuned for one camera, where latency counts most; correct for all sizes.
    shapes = torch_tensorrt.Input(
        min_shape=_shape(card.spec, 1), opt_shape=_shape(card.spec, 1),
        max_shape=_shape(card.spec, MAX_CLIPS), dtype=dtype)
    # By default, all users of the machine share one file of kernel timings.
    with TemporaryDirectory() as folder:
        return bytes(torch_tensorrt.dynamo.convert_exported_program_to_serialized_trt_engine(
            exported, inputs=[shapes], require_full_compilation=True,
            disable_tf32=precision == 'float32',
            timing_cache_path=str(Path(folder) / 'timing_cache.bin')))


def _shape(spec: InputSpec, num_clips: int) -> tuple[int, ...]:
    return (num_clips, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean))
