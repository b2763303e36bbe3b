# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Every operator of an exported network is one that torch-tensorrt converts, for any batch.

``torch_tensorrt_converters.txt`` was read from its wheel by ``list_converters.py``: nothing is
downloaded or imported here. The graph is decomposed as ``dynamo.lowering.get_decompositions`` of
that wheel does: what is composite, but for what it keeps, and what it names besides.
"""

from functools import cache
from pathlib import Path

from imrs_ros.backends.gpu.half_precision import to_half
from imrs_ros.backends.gpu.tensorrt_build import export_network
from imrs_ros.backends.onnx.layout import MAX_CLIPS
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import build_network
from imrs_ros.networks.posed_network import PosedNetwork
import pytest
import torch
from torch._decomp import get_decompositions
from torch._export.utils import _collect_all_valid_cia_ops_for_aten_namespace, _get_decomp_for_cia

LIST = Path(__file__).with_name('torch_tensorrt_converters.txt')
LOWERED = {
    # dynamo/lowering/passes/remove_assert_nodes.py
    'aten._assert_tensor_metadata.default': (),
    # dynamo/lowering/passes/replace_max_pool_with_indices.py
    'aten.max_pool2d_with_indices.default': ('aten.max_pool2d.default',),
    'aten.max_pool3d_with_indices.default': ('aten.max_pool3d.default',),
}
NETWORKS = {'lite0': (64, 1.0), 'resnet18': (32, 0.125), 'resnext101': (32, 0.25)}


@cache
def rows():
    lines = LIST.read_text().splitlines()
    assert lines[0].startswith('# torch_tensorrt-2.13.0-')
    return [line.split() for line in lines[1:]]


def listed(kind):
    return {name for name, found in rows() if found == kind}


def operator_of(name):
    found = torch.ops
    for part in name.split('.'):
        found = getattr(found, part)
    return found


@cache
def decompositions():
    kept = {operator_of(name) for name in listed('kept')}
    composite = {op: _get_decomp_for_cia(op)
                 for op in _collect_all_valid_cia_ops_for_aten_namespace() if op not in kept}
    named = get_decompositions([operator_of(name) for name in listed('decomposed')])
    return {**named, **composite}


def name_of(target):
    if isinstance(target, torch._ops.OpOverload):
        return str(target)
    return f'operator.{target.__name__}'


def operators(graph):
    for node in graph.nodes:
        if node.op == 'call_function':
            name = name_of(node.target)
            yield from LOWERED.get(name, (name,))


def export(name, excitation, dtype, posed):
    size_px, width = NETWORKS[name]
    network = build_network(
        name, num_classes=3, width=width, excitation=excitation).eval().requires_grad_(False)
    if posed:
        network = PosedNetwork(network, 0.4, 2).eval().requires_grad_(False)
        network.add_none_score(4)
    if dtype == torch.float16:
        network = to_half(network)
    spec = InputSpec(num_frames=16, fps=25.0, size_px=size_px, mean=(0.0,) * 3, std=(1.0,) * 3)
    return export_network(network, spec, dtype, torch.device('cpu'))


@pytest.mark.parametrize(('name', 'excitation', 'dtype', 'posed'), [
    ('lite0', 'ce', torch.float16, False), ('resnet18', 'se', torch.float16, False),
    ('resnet18', 'ce', torch.float32, False), ('resnext101', 'ce', torch.float16, False),
    ('lite0', 'ce', torch.float32, True)])
def test_all_operators_are_converted(name, excitation, dtype, posed):
    exported = export(name, excitation, dtype, posed)
    (batch,) = exported.range_constraints.values()
    assert (int(batch.lower), int(batch.upper)) == (1, MAX_CLIPS)
    found = set(operators(exported.run_decompositions(decompositions()).graph))
    assert 'aten.convolution.default' in found
    assert found <= listed('dynamic'), f'not converted: {sorted(found - listed("dynamic"))}'


def test_a_foreign_operator_would_be_noticed():
    class Foreign(torch.nn.Module):
        def forward(self, x):
            return torch.linalg.eigvalsh(x)
    exported = torch.export.export(Foreign(), (torch.eye(3),))
    found = set(operators(exported.run_decompositions(decompositions()).graph))
    assert not found <= listed('dynamic')
