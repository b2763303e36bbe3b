# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Names of the ONNX files of a model, and of what goes in and out of its network."""

NETWORK, PARTS = 'network', 'part'
"""The whole network; its parts, for streaming."""
INPUT, OUTPUT = 'clips', 'logits'
"""clips_NTHWC, uint8 in [0, 255]; logits_NL, float32."""
PRECISIONS = ('float16', 'float32')
"""Of the whole network; parts are in float32."""
OPSET = 17
"""The operators of ONNX that every TensorRT from 8.5 on reads."""
IR_VERSION = 8
"""The format of the file that belongs to ``OPSET``."""
MAX_CLIPS = 8
"""The largest batch of the network."""


def network_file(precision: str) -> str:
    """
    Return the name of the file of a whole network.

    :param precision: one of ``PRECISIONS``.
    :return: a file name.
    """
    return f'{NETWORK}.{precision}.onnx'


def part_file(name: str) -> str:
    """
    Return the name of the file of a part.

    :param name: name of a part, ``body`` or ``whole``.
    :return: a file name.
    """
    return f'{PARTS}.{name}.onnx'
