# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``tensorrt`` on the CPU: its Python API from 8.6 to 11, evaluating the layers by ONNX Runtime.

Names that a version lacks are missing here, too, and what it refuses is refused: graphs of a
higher opset than it reads, pixels used before they are cast, half precision that was not asked
for. A plan holds its graph; whatever a plan says of times means nothing.
"""

import enum
from importlib.machinery import ModuleSpec
import json
import types

import numpy as np
import onnx
import onnxruntime

MAGIC = b'stand-in plan\n'
OPSETS = {8: 17, 10: 20, 11: 24}
"""The highest that the parser of a version reads."""
TYPES = {onnx.TensorProto.UINT8: 'UINT8', onnx.TensorProto.FLOAT: 'FLOAT',
         onnx.TensorProto.FLOAT16: 'HALF'}


class DataType(enum.Enum):
    FLOAT, HALF, INT8, INT32, BOOL, UINT8 = range(6)


class TensorIOMode(enum.Enum):
    NONE, INPUT, OUTPUT = range(3)


class Logger:
    VERBOSE, INFO, WARNING, ERROR = range(4)
    made = []

    def __init__(self, severity):
        self.made.append(severity)


class Profile:
    def __init__(self):
        self.shapes = {}

    def set_shape(self, name, low, best, high):
        self.shapes[name] = [list(low), list(best), list(high)]


class Config:
    """Flags and profiles of a build."""

    def __init__(self, module):
        self._module = module
        self.flags, self.previews, self.profiles = {'TF32'}, set(), []

    def set_flag(self, flag):
        self.flags.add(flag.name)

    def clear_flag(self, flag):
        self.flags.discard(flag.name)

    def set_preview_feature(self, feature, is_on):
        assert is_on
        self.previews.add(feature.name)

    def add_optimization_profile(self, profile):
        self.profiles.append(profile.shapes)
        return len(self.profiles) - 1


class Network:
    def __init__(self, flags):
        self.flags, self.model = flags, None

    @property
    def num_inputs(self):
        return len(self.model.graph.input)

    def get_input(self, place):
        value = self.model.graph.input[place]
        shape = tuple(dim.dim_value or -1 for dim in value.type.tensor_type.shape.dim)
        return types.SimpleNamespace(name=value.name, shape=shape)


class Builder:
    def __init__(self, logger):
        assert isinstance(logger, Logger)

    def create_network(self, flags):
        return Network({item.name for item in self.module.NetworkDefinitionCreationFlag
                        if flags & 1 << item})

    def create_builder_config(self):
        return Config(self.module)

    def create_optimization_profile(self):
        return Profile()

    def build_serialized_network(self, network, config):
        self.module.builds.append(config)
        major = self.module.major
        is_half = any(item.data_type == onnx.TensorProto.FLOAT16
                      for item in network.model.graph.initializer)
        if major < 10 and ('EXPLICIT_BATCH' not in network.flags
                           or is_half and 'FP16' not in config.flags):
            return None
        inputs = [network.get_input(place) for place in range(network.num_inputs)]
        dynamic = {value.name for value in inputs if -1 in value.shape}
        if [set(shapes) for shapes in config.profiles] != ([dynamic] if dynamic else []):
            return None
        header = {'profile': (config.profiles or [{}])[0], 'major': major,
                  'is_shared': major >= 10 or 'PROFILE_SHARING_0806' in config.previews}
        return memoryview(
            MAGIC + json.dumps(header).encode() + b'\n' + network.model.SerializeToString())


class OnnxParser:
    def __init__(self, network, logger):
        assert isinstance(logger, Logger)
        self._network, self._errors = network, []

    @property
    def num_errors(self):
        return len(self._errors)

    def get_error(self, place):
        return self._errors[place]

    def parse(self, data):
        try:
            model = onnx.load_from_string(data)
            onnx.checker.check_model(model, full_check=True)
        except Exception as error:
            self._errors.append(f'not a graph: {type(error).__name__}')
            return False
        opset = model.opset_import[0].version
        if opset > OPSETS[self.module.major]:
            self._errors.append(f'opset {opset}')
        pixels = {value.name for value in model.graph.input
                  if value.type.tensor_type.elem_type == onnx.TensorProto.UINT8}
        self._errors += [f'{node.op_type} of UINT8' for node in model.graph.node
                         if set(node.input) & pixels and node.op_type != 'Cast']
        self._network.model = model
        return not self._errors


class Engine:
    """A loaded plan."""

    def __init__(self, module, header, data):
        self._module, self._header = module, header
        self._model = onnx.load_from_string(data)
        options = onnxruntime.SessionOptions()
        # Threads would wait for each other longer than such networks take.
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            data, options, providers=['CPUExecutionProvider'])
        self.values = [*self._model.graph.input, *self._model.graph.output]
        self.num_io_tensors = len(self.values)
        self.num_contexts = 0

    def _value(self, name):
        return next(value for value in self.values if value.name == name)

    def get_tensor_name(self, place):
        return self.values[place].name

    def get_tensor_mode(self, name):
        is_input = name in {value.name for value in self._model.graph.input}
        return TensorIOMode.INPUT if is_input else TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name):
        return DataType[TYPES[self._value(name).type.tensor_type.elem_type]]

    def get_tensor_shape(self, name):
        return tuple(dim.dim_value or -1 for dim in self._value(name).type.tensor_type.shape.dim)

    def get_tensor_profile_shape(self, name, profile):
        return self._header['profile'][name]

    def create_execution_context(self):
        self.num_contexts += 1
        is_shared = self._header['is_shared'] or self.num_contexts == 1
        if not is_shared or self.num_contexts > self._module.max_contexts:
            return None
        return Context(self._module, self)


class Context:
    """What runs an engine in one shape, on memory of the stand-in for CUDA."""

    def __init__(self, module, engine):
        self._module, self._engine = module, engine
        self._addresses, self._shapes = {}, {}

    def set_tensor_address(self, name, address):
        if self._module.refuses_addresses or not address:
            return False
        self._addresses[name] = address
        return True

    def set_input_shape(self, name, shape):
        self._shapes[name] = tuple(shape)
        fixed = self._engine.get_tensor_shape(name)
        if -1 not in fixed:
            return tuple(shape) == fixed
        low, _, high = self._engine.get_tensor_profile_shape(name, 0)
        return low[0] <= shape[0] <= high[0] and tuple(shape[1:]) == fixed[1:]

    def execute_async_v3(self, stream):
        if self._module.fails_to_run:
            return False
        shapes, addresses = dict(self._shapes), dict(self._addresses)
        return self._module.cuda.enqueue(stream, lambda: self._run(shapes, addresses))

    def _array(self, name, shape, address):
        kind = self._engine.get_tensor_dtype(name)
        dtype = {DataType.UINT8: 'u1', DataType.FLOAT: 'f4', DataType.HALF: 'f2'}[kind]
        num_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        memory = self._module.cuda.array(address, num_bytes)
        return np.frombuffer(memory, dtype).reshape(shape)

    def _run(self, shapes, addresses):
        results = self._engine.session.run(None, {
            name: self._array(name, shape, addresses[name]) for name, shape in shapes.items()})
        is_whole = 'clips' in shapes
        error = self._module.error if is_whole else self._module.part_error
        self._module.runs.append(('whole' if is_whole else ' '.join(
            output.name for output in self._engine.session.get_outputs()),
            next(iter(shapes.values()))[0]))
        for output, result in zip(self._engine.session.get_outputs(), results):
            self._array(output.name, result.shape, addresses[output.name])[...] = result + error


class Runtime:
    def __init__(self, logger):
        assert isinstance(logger, Logger)

    def deserialize_cuda_engine(self, plan):
        if not plan.startswith(MAGIC):
            return None
        header, _, data = plan.removeprefix(MAGIC).partition(b'\n')
        header = json.loads(header)
        if header['major'] != self.module.major:
            return None
        return Engine(self.module, header, data)


def stand_in(version, cuda):
    """
    Return a module ``tensorrt`` of a version, to be put into ``sys.modules``.

    :param version: as ``10.3.0``.
    :param cuda: a ``StandInCuda``, whose memory it reads.
    :return: the module; ``max_contexts``, ``refuses_addresses``, ``fails_to_run``, ``error``,
        which is added to all logits of whole clips, and ``part_error``, to all that parts give,
        make it fail. ``runs`` are the outputs and the batch of each run.
    """
    module = types.ModuleType('tensorrt')
    module.__spec__ = ModuleSpec('tensorrt', None)
    module.__version__, module.major, module.cuda = version, int(version.split('.')[0]), cuda
    flags = {8: ['EXPLICIT_BATCH'], 10: ['EXPLICIT_BATCH', 'STRONGLY_TYPED'],
             11: ['STRONGLY_TYPED']}[module.major]
    module.NetworkDefinitionCreationFlag = enum.IntEnum(
        'NetworkDefinitionCreationFlag', flags, start=0)
    module.BuilderFlag = enum.Enum(
        'BuilderFlag', ['TF32'] if module.major >= 11 else ['TF32', 'FP16', 'INT8'])
    if module.major < 11:
        module.PreviewFeature = enum.Enum('PreviewFeature', ['PROFILE_SHARING_0806'])
    module.DataType, module.TensorIOMode = DataType, TensorIOMode
    module.builds, module.max_contexts, module.error = [], 99, 0.0
    module.runs, module.part_error = [], 0.0
    module.refuses_addresses = module.fails_to_run = False
    module.Logger = type('Logger', (Logger,), {'made': []})
    for kind in (Builder, OnnxParser, Runtime):
        setattr(module, kind.__name__, type(kind.__name__, (kind,), {'module': module}))
    return module
