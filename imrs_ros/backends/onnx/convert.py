# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The networks of a model written as ONNX files. Imports PyTorch, so that a node need not.

``files`` runs it as ``python -m imrs_ros.backends.onnx.convert MODEL_FOLDER CACHE_ENTRY``, and may
be gone when it ends.
"""

from collections.abc import Sequence
from pathlib import Path

from imrs_ros.backends.conversion import fill_entry
from imrs_ros.backends.onnx.exporter import export_module
from imrs_ros.backends.onnx.layout import (
    INPUT, MAX_CLIPS, MAX_ITEMS, network_file, OUTPUT, part_file, PART_INPUT, PRECISIONS)
from imrs_ros.backends.onnx.to_float16 import to_float16
from imrs_ros.model_card import InputSpec, ModelCard
from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.network_parts import NetworkParts
from imrs_ros.networks.weights import load_network
from imrs_ros.part_plan import WHOLE
import onnx
import torch


def convert(card: ModelCard, folder: Path) -> None:
    """
    Write the whole network in every precision, its parts, and the plan of the parts.

    :param card: the model.
    :param folder: an existing one.
    :raises ModelCardError: when the weights do not fit the card.
    :raises OSError: when the folder cannot be written.
    :raises RuntimeError: when PyTorch cannot export the network.
    """
    network, precisions = load_network(card), precisions_of(card)
    write_network(network, card.spec, folder, precisions)
    write_parts(cut_network(network, card.spec.num_frames), card.spec, folder, precisions)


def precisions_of(card: ModelCard) -> tuple[str, ...]:
    """
    Return the precisions in which a model is exported.

    :param card: the model.
    :return: float32 alone for a model with a pose stream, which looks for the highest value of
        maps: in float16, values tie.
    """
    return PRECISIONS if card.pose is None else PRECISIONS[-1:]


def write_network(
    network: ClipNetwork, spec: InputSpec, folder: Path, precisions: Sequence[str] = PRECISIONS,
) -> None:
    """
    Write a whole network, for 1 to ``MAX_CLIPS`` clips.

    :param network: in evaluation mode.
    :param spec: its input.
    :param folder: an existing one.
    :param precisions: some of ``PRECISIONS``.
    :raises OSError: when it cannot be written.
    :raises RuntimeError: when PyTorch cannot export it.
    """
    # Two clips: an axis of length one would be taken as fixed.
    example = torch.zeros(
        (2, spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), dtype=torch.uint8)
    model = export_module(network, (example,), ((INPUT,), (OUTPUT,)), MAX_CLIPS)
    for precision in precisions:
        onnx.save(_in_precision(model, precision), folder / network_file(precision))


def write_parts(
    parts: NetworkParts, spec: InputSpec, folder: Path, precisions: Sequence[str] = PRECISIONS,
) -> None:
    """
    Write the parts of a network, and the plan that says how they fit together.

    What goes from one part to another is float32 in any precision.

    :param parts: of a network; those of the plan take 1 to ``MAX_ITEMS`` items.
    :param spec: its input.
    :param folder: an existing one.
    :param precisions: some of ``PRECISIONS``.
    :raises OSError: when it cannot be written.
    :raises RuntimeError: when PyTorch cannot export a part.
    """
    blank = torch.zeros(
        (spec.num_frames, spec.size_px, spec.size_px, len(spec.mean)), dtype=torch.uint8)
    outputs = {part.name: part.outputs for part in parts.plan.parts}
    for name, inputs in parts.examples(blank).items():
        if name in outputs:
            # Two items: an axis of length one would be taken as fixed.
            inputs = tuple(torch.cat([item, item]) for item in inputs)
        model = export_module(
            parts.modules[name], inputs,
            ([f'{PART_INPUT}{place}' for place in range(len(inputs))], outputs.get(name, ())),
            MAX_ITEMS if name in outputs else 1)
        # Whole clips have a network of their own; this one is for CPUs.
        for precision in precisions if name != WHOLE else ('float32',):
            onnx.save(_in_precision(model, precision), folder / part_file(name, precision))
    parts.plan.save(folder)


def _in_precision(model: onnx.ModelProto, precision: str) -> onnx.ModelProto:
    return model if precision == 'float32' else to_float16(model)


def main() -> None:
    """Run the command line."""
    fill_entry(lambda model_folder, entry: convert(ModelCard.load(model_folder), entry))


if __name__ == '__main__':
    main()
