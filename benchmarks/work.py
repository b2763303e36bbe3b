# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The work of a window: multiplications and additions that are really done, counted, not timed."""

from math import prod
from pathlib import Path

from imrs_ros.backends.openvino_core import openvino_core
from imrs_ros.part_plan import BODY, FRAMES, PartPlan
import openvino

NUM_WINDOWS = 40
"""Windows until every part is in the state that it stays in."""


def graph_gflop(model: openvino.Model) -> float:
    """
    Count convolutions and matrix products, as ``training.scoring.complexity`` does in PyTorch.

    :param model: with fixed shapes.
    :return: 1e9 x 2 x MAC.
    """
    total = 0
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in ('Convolution', 'GroupConvolution', 'MatMul'):
            continue
        out, second = (tuple(port.shape) for port in (
            node.output(0), node.input_value(1)))
        if kind == 'MatMul':
            is_transposed = node.get_attributes()['transpose_b']
            total += 2 * prod(out) * second[-1 if is_transposed else -2]
        else:
            num_out = second[0] * (second[1] if kind == 'GroupConvolution' else 1)
            total += 2 * prod(out) * prod(second) // num_out
    return total / 1e9


def num_items(plan: PartPlan, hop: int) -> dict[str, int]:
    """
    Count what is computed for a window that comes after many others.

    :param plan: how the network is cut.
    :param hop: frames from window to window.
    :return: items by name of a part.
    """
    part_of = {name: part for part in plan.parts for name in part.outputs}
    have: dict[str, set[int]] = {part.name: set() for part in plan.parts}

    def need(ring: str, number: int) -> None:
        if ring == FRAMES or number < 0 or number in have[part_of[ring].name]:
            return
        part = part_of[ring]
        have[part.name].add(number)
        for source in part.sources:
            for offset in range(source.first, source.first + source.count):
                need(source.ring, number + offset)
    before: dict[str, int] = {}
    for first in range(0, NUM_WINDOWS * hop, hop):
        before = {name: len(items) for name, items in have.items()}
        for part in plan.parts:
            for position in part.positions:
                need(part.outputs[0], first + position)
    return {name: len(items) - before[name] for name, items in have.items()}


def window_gflop(folder: Path, plan: PartPlan, hop: int) -> float:
    """
    Count the work of a window whose frames are shared with those before.

    :param folder: of the converted parts.
    :param plan: how the network is cut.
    :param hop: frames from window to window.
    :return: GFLOP: 1e9 x 2 x MAC.
    """
    core = openvino_core()
    counts = {**num_items(plan, hop), BODY: 1}
    return sum(count * graph_gflop(core.read_model(folder / f'{name}.xml'))
               for name, count in counts.items())
