# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The parts of any network converted for OpenVINO. Imports PyTorch, so that the node need not.

``openvino_export`` runs it as ``python -m imrs_ros.backends.openvino_convert MODEL_FOLDER
CACHE_ENTRY``, and may be gone when it ends.
"""

from pathlib import Path
import warnings

from imrs_ros.backends.conversion import fill_entry
from imrs_ros.backends.openvino_graphs.files import save_graph
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.network_parts import NetworkParts, Tensors
from imrs_ros.networks.weights import load_network
import openvino
import torch
from torch import nn, Tensor


def convert(card: ModelCard, folder: Path) -> None:
    """
    Write an OpenVINO model for every part, and the plan.

    :param card: the model.
    :param folder: gets ``plan.json``, and .xml and .bin for every part.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    """
    network = load_network(card)

    def head(features_ND: Tensor) -> Tensors:
        # The features, too: what is taught a new action needs them, and they cost nothing.
        return network.classify(features_ND), features_ND
    convert_parts(cut_network(network, card.spec.num_frames, head), card.spec, folder)


def convert_parts(parts: NetworkParts, spec: InputSpec, folder: Path) -> None:
    """
    Write an OpenVINO model for every part, and the plan.

    :param parts: of a network.
    :param spec: its input.
    :param folder: gets ``plan.json``, and .xml and .bin for every part.
    :raises OSError: when the folder cannot be written.
    """
    blank = torch.zeros(
        (spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), dtype=torch.uint8)
    for name, inputs in parts.examples(blank).items():
        write_model(parts.modules[name], inputs, folder / f'{name}.xml')
    parts.plan.save(folder)


def write_model(module: nn.Module, inputs: Tensors, path: Path) -> None:
    """
    Write an OpenVINO model.

    :param module: what it computes.
    :param inputs: examples, of the only shapes that it will take.
    :param path: of the .xml file; the weights lie beside it.
    :raises OSError: when it cannot be written.
    """
    with warnings.catch_warnings():
        # PyTorch warns of its own use of a deprecated name.
        warnings.simplefilter('ignore', FutureWarning)
        exported = torch.export.export(module.eval(), inputs)
        model = openvino.convert_model(exported)
    # The converter leaves the shapes open; fixed ones are faster.
    model.reshape({port: list(x.shape) for port, x in zip(model.inputs, inputs, strict=True)})
    save_graph(model, path)


def main() -> None:
    """Run the command line."""
    fill_entry(lambda model_folder, entry: convert(ModelCard.load(model_folder), entry))


if __name__ == '__main__':
    main()
