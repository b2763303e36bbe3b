# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
The parts of a network as modules, and the plan of how they fit together.

Layout legend: N frames or clips, T frames of a clip, K temporal taps, C channels, H height,
W width, D features.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from imrs_ros.part_plan import PartPlan
import torch
from torch import nn, Tensor

Tensors = tuple[Tensor, ...]
Head = Callable[[Tensor], Tensor | Tensors]
"""What is applied to the pooled features of a window."""


class Piece(nn.Module):
    """A function of a network as a module that can be exported."""

    def __init__(self, network: nn.Module, function: Callable[..., Tensor | Tensors]) -> None:
        """
        Wrap a function.

        :param network: holds the weights that the function uses.
        :param function: takes tensors.
        """
        super().__init__()
        self.network, self._function = network, function

    def forward(self, *inputs: Tensor) -> Tensor | Tensors:
        """
        Call the function.

        :param inputs: its arguments.
        :return: its result.
        """
        return self._function(*inputs)


@dataclass(frozen=True, slots=True)
class NetworkParts:
    """A network in parts."""

    plan: PartPlan
    """How they fit together."""
    modules: Mapping[str, nn.Module]
    """The parts by name, ``body``, and ``whole`` where the plan has one."""

    def examples(self, frames_THWC: Tensor) -> dict[str, Tensors]:
        """
        Return example inputs of every module, by running them in order.

        :param frames_THWC: a clip, uint8.
        :return: inputs by the module's name, with a batch of one.
        """
        plan, inputs = self.plan, dict[str, Tensors]()
        items = {'frames': frames_THWC[:1]}
        with torch.inference_mode():
            for part in plan.parts:
                # Copies: export would merge two inputs that are the same tensor.
                inputs[part.name] = tuple(
                    items[source.ring].clone()
                    for source in part.sources for _ in range(source.count))
                items |= zip(part.outputs, _as_tuple(self.modules[part.name](*inputs[part.name])))
            if plan.has_whole:
                inputs['whole'] = (frames_THWC[None],)
                inputs['body'] = _as_tuple(self.modules['whole'](*inputs['whole']))
            else:
                inputs['body'] = tuple(
                    items[source.ring].repeat_interleave(source.count, dim=0)
                    for source in plan.body)
        return inputs


def _as_tuple(outputs: Tensor | Tensors) -> Tensors:
    return outputs if isinstance(outputs, tuple) else (outputs,)
