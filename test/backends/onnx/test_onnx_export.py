# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Exported graphs are those of PyTorch, in every precision, whole and in parts."""

import json
import os
import subprocess
import sys

from imrs_ros.backends.onnx.convert import write_network, write_parts
from imrs_ros.backends.onnx.graph import lower
from imrs_ros.backends.onnx.layout import MAX_CLIPS, network_file, OPSET, part_file, PRECISIONS
from imrs_ros.backends.onnx.parity import compare
from imrs_ros.backends.onnx.to_float16 import operators_by_type, to_float16
from imrs_ros.backends.onnx_export import trtexec_line
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import build_network
from imrs_ros.networks.cut import cut_network
from imrs_ros.part_plan import PLAN_FILE
import numpy as np
import onnx
from onnx import helper, TensorProto
import onnxruntime
import pytest
import torch

BOUND = 0.05
"""Of logits in half precision, as in a card."""


def network_of(name, width, size_px, num_none=0):
    torch.manual_seed(0)
    spec = InputSpec(num_frames=16, fps=25.0, size_px=size_px, mean=(127.0,) * 3, std=(64.0,) * 3)
    network = build_network(name, num_classes=3, width=width, mean=spec.mean, std=spec.std)
    if num_none:
        network.add_none_score(num_none)
        for parameter in network.none_score.parameters():
            torch.nn.init.normal_(parameter, std=0.02)
    # Running statistics of a trained network are not those that it starts with.
    for module in network.modules():
        if hasattr(module, 'running_var'):
            module.running_var.uniform_(0.5, 2)
            module.running_mean.normal_(std=0.1)
    return network.eval().requires_grad_(False), spec


@pytest.fixture(scope='module', params=[
    ('lite0', 1.0, 64, 4), ('resnet18', 0.125, 32, 0)], ids=lambda value: value[0])
def exported(request, tmp_path_factory):
    network, spec = network_of(*request.param)
    folder = tmp_path_factory.mktemp(request.param[0])
    write_network(network, spec, folder)
    write_parts(cut_network(network, spec.num_frames), spec, folder)
    return network, spec, folder


def test_all_files_agree_with_pytorch(exported):
    network, spec, folder = exported
    rows = compare(network, spec, folder, BOUND)
    assert [row.name for row in rows] == [
        'float16', 'float32', 'parts in float16', 'parts in float32']
    assert all(row.is_within for row in rows), rows
    for half, whole in (rows[:2], rows[2:]):
        assert half.difference > whole.difference, 'half precision is another arithmetic'


def test_another_network_is_noticed(exported):
    network, spec, folder = exported
    network.fc.bias += 0.1
    rows = compare(network, spec, folder, BOUND)
    network.fc.bias -= 0.1
    assert not any(row.is_within for row in rows), rows
    assert 'NOT WITHIN 0.05' in str(rows[0])


def test_graphs_are_what_every_tensorrt_reads(exported):
    _, spec, folder = exported
    for path in folder.glob('*.onnx'):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert model.opset_import[0].version == OPSET
        found = {node.op_type for node in model.graph.node}
        assert not found & {'BatchNormalization', 'Pad', 'If', 'Loop', 'Shape'}, path
        constants = {item.name for item in model.graph.initializer}
        assert {node.input[1] for node in model.graph.node if node.op_type == 'Conv'} <= constants
        pixels = {value.name for value in model.graph.input
                  if value.type.tensor_type.elem_type == TensorProto.UINT8}
        assert {node.op_type for node in model.graph.node
                if set(node.input) & pixels} <= {'Cast'}, 'TensorRT can only cast uint8'
    shape = onnx.load(folder / network_file('float16')).graph.input[0].type.tensor_type.shape
    assert shape.dim[0].dim_param, 'any batch'
    assert [dim.dim_value for dim in shape.dim][1:] == [16, spec.size_px, spec.size_px, 3]


def test_any_batch_is_scored_as_each_row_alone(exported):
    _, spec, folder = exported
    session = onnxruntime.InferenceSession(folder / network_file('float32'))
    shape = (MAX_CLIPS, spec.num_frames, spec.size_px, spec.size_px, 3)
    clips = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    alone = np.concatenate([session.run(None, {'clips': clip[None]})[0] for clip in clips])
    for size in range(1, MAX_CLIPS + 1):
        found = session.run(None, {'clips': clips[:size]})[0]
        assert np.abs(found - alone[:size]).max() < 1e-4


def test_maps_are_half_and_means_are_not(exported):
    _, _, folder = exported
    counts = operators_by_type(onnx.load(folder / network_file('float16')))
    kinds = {kind for name, kind in counts if name.startswith('ReduceMean') or name == 'Gemm'}
    assert kinds == {'float'}
    assert counts['Conv', 'float16'] > 15
    assert not any(name == 'Clip' for name, _ in counts), 'ReLU6 is a minimum of a ReLU'
    model = onnx.load(folder / network_file('float16'))
    assert {value.type.tensor_type.elem_type for value in model.graph.output} == {
        TensorProto.FLOAT}


def test_parts_and_plan_are_there(exported):
    _, _, folder = exported
    plan = json.loads((folder / PLAN_FILE).read_text())
    for part in plan['parts']:
        for precision in PRECISIONS:
            model = onnx.load(folder / part_file(part['name'], precision))
            for value in (*model.graph.input, *model.graph.output):
                assert value.type.tensor_type.shape.dim[0].dim_param, 'any number of items'
                assert value.type.tensor_type.elem_type in (TensorProto.UINT8, TensorProto.FLOAT)
    assert (folder / part_file('body', 'float16')).is_file()
    assert not (folder / part_file('whole', 'float16')).is_file()


def test_resnext101_agrees_too(tmp_path):
    network, spec = network_of('resnext101', 0.25, 32)
    write_network(network, spec, tmp_path)
    shape = (2, spec.num_frames, spec.size_px, spec.size_px, 3)
    clips = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    with torch.inference_mode():
        expected = network(torch.from_numpy(clips)).numpy()
    for precision, bound in (('float32', 1e-5 * np.abs(expected).max()), ('float16', BOUND)):
        session = onnxruntime.InferenceSession(tmp_path / network_file(precision))
        found = session.run(None, {'clips': clips})[0]
        assert np.abs(found - expected).max() <= max(bound, 1e-5), precision


def graph_of(nodes, weights, kind=TensorProto.FLOAT):
    value = helper.make_tensor_value_info
    return helper.make_model(
        helper.make_graph(nodes, 'g', [value('x', kind, ['n', 4])],
                          [value('y', TensorProto.FLOAT, ['n', 4])],
                          [onnx.numpy_helper.from_array(array, name)
                           for name, array in weights.items()]),
        opset_imports=[helper.make_opsetid('', 18)])


def test_weights_that_half_precision_cannot_hold_are_refused():
    model = lower(graph_of(
        [helper.make_node('Cast', ['x'], ['h'], to=TensorProto.FLOAT),
         helper.make_node('Mul', ['x', 'w'], ['y'])], {'w': np.full(4, 1e6, np.float32)}))
    assert to_float16(model).graph.node[0].op_type == 'Cast', 'float32 throughout: no convolution'
    weights = {'w': np.full((4, 4, 1, 1), 1e6, np.float32)}
    wide = helper.make_model(helper.make_graph(
        [helper.make_node('Conv', ['x', 'w'], ['y'])], 'g',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, 4, 2, 2])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, [1, 4, 2, 2])],
        [onnx.numpy_helper.from_array(weights['w'], 'w')]),
        opset_imports=[helper.make_opsetid('', 18)])
    with pytest.raises(RuntimeError, match='expected weights within 65504 for float16'):
        to_float16(lower(wide))


def test_axes_that_are_computed_have_no_lower_form():
    nodes = [helper.make_node('Identity', ['a'], ['axes']),
             helper.make_node('ReduceMean', ['x', 'axes'], ['y'])]
    with pytest.raises(RuntimeError, match='ReduceMean over axes that are computed has no form'):
        lower(graph_of(nodes, {'a': np.array([1])}))


def test_trtexec_gets_the_shapes_and_the_place_of_the_plan(tiny_card, tmp_path):
    line = trtexec_line(tiny_card.spec, tmp_path, tiny_card.folder, 'float16')
    assert f'--onnx={tmp_path}/network.float16.onnx --stronglyTyped' in line
    assert '--optShapes=clips:1x16x32x32x3 --maxShapes=clips:8x16x32x32x3' in line
    assert line.endswith(f'--saveEngine={tiny_card.folder}/tensorrt/float16.plan')


def test_the_command_writes_checks_and_tells_the_next_step(tiny_model, tmp_path, root):
    ended = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.backends.onnx_export', str(tiny_model.folder),
         '--out', str(tmp_path / 'out')], capture_output=True, text=True, cwd=root,
        env={**os.environ, 'PYTHONPATH': str(root)})
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count('within') == 4
    assert 'trtexec --onnx=' in ended.stdout
    assert (tmp_path / 'out' / network_file('float16')).is_file()
    assert (tmp_path / 'out' / PLAN_FILE).is_file()
    assert 'imrs_ros: exporting tiny as ONNX' in ended.stderr


def test_what_is_no_model_is_named(tmp_path, root):
    ended = subprocess.run(
        [sys.executable, '-m', 'imrs_ros.backends.onnx_export', str(tmp_path)],
        capture_output=True, text=True, cwd=root, env={**os.environ, 'PYTHONPATH': str(root)})
    assert ended.returncode == 1
    assert ended.stderr.startswith('onnx_export: ')
