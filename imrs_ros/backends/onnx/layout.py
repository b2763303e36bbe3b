# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Names of a model's ONNX files, what goes in and out of its network, and in which batches."""

NETWORK, PARTS = 'network', 'part'
"""The whole network; its parts, for streaming."""
INPUT, OUTPUT = 'clips', 'logits'
"""clips_NTHWC, uint8 in [0, 255]; logits_NL, float32."""
PRECISIONS = ('float16', 'float32')
"""Of the whole network and of its parts."""
OPSET = 17
"""The operators of ONNX that every TensorRT from 8.5 on reads."""
IR_VERSION = 8
"""The format of the file that belongs to ``OPSET``."""
PART_INPUT = 'in'
"""Inputs of a part: ``in0``, ``in1`` and so on; its outputs have the names of its rings."""
BATCH_SIZES = (1, 2, 4, 8)
"""Batches of the network that GPUs run; smaller ones are filled up with old clips."""
MAX_CLIPS = BATCH_SIZES[-1]
"""The largest batch of the network; more clips are scored in several."""
ITEM_SIZES = (1, 2, 4, 8, 16, 32)
"""Batches of the parts that GPUs run: 32 are four new frames of each of eight cameras."""
MAX_ITEMS = ITEM_SIZES[-1]
"""The largest batch of a part; the body takes one window."""


def network_file(precision: str) -> str:
    """
    Return the name of the file of a whole network.

    :param precision: one of ``PRECISIONS``.
    :return: a file name.
    """
    return f'{NETWORK}.{precision}.onnx'


def part_file(name: str, precision: str = 'float32') -> str:
    """
    Return the name of the file of a part.

    :param name: name of a part, ``body`` or, in float32 alone, ``whole``.
    :param precision: one of ``PRECISIONS``.
    :return: a file name.
    """
    return f'{PARTS}.{name}.{precision}.onnx'


def padded_size(num_clips: int) -> int:
    """
    Return the size of the batch in which a GPU scores some clips.

    :param num_clips: 1 to ``MAX_CLIPS``.
    :return: the smallest of ``BATCH_SIZES`` that holds them.
    """
    return next(size for size in BATCH_SIZES if size >= num_clips)
