# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What differs between TensorRT 8.6 and 11, in one place.

8.6 has networks with weak types and ``EXPLICIT_BATCH``; 10 ignores that flag and knows strong
types; 11 knows nothing else, and has neither ``EXPLICIT_BATCH`` nor ``BuilderFlag.FP16``. From
NVIDIA's pages on the migration from 8 to 10 and from 10 to 11, "Removed Python APIs", and the
Python API of ``NetworkDefinitionCreationFlag``.
"""

from functools import cache
from typing import Any

import tensorrt

OLDEST = (8, 6)
TYPED_SINCE = 10
"""The first version whose networks can be strongly typed."""


def version_numbers() -> tuple[int, int]:
    """
    Return the version of TensorRT.

    :return: major and minor.
    :raises RuntimeError: when it is older than ``OLDEST``.
    """
    numbers = [int(part) for part in tensorrt.__version__.split('.')[:2]]
    found = numbers[0], numbers[1]
    if found < OLDEST:
        raise RuntimeError(
            f'expected TensorRT {OLDEST[0]}.{OLDEST[1]} or later, got {tensorrt.__version__}')
    return found


@cache
def logger() -> Any:
    """
    Return TensorRT's logger.

    :return: the same for the whole process: TensorRT keeps the first one, and warns of others.
    """
    return tensorrt.Logger(tensorrt.Logger.WARNING)


def create_network(builder: Any) -> Any:
    """
    Create an empty network whose types are those of the graph, where TensorRT knows such networks.

    :param builder: a ``tensorrt.Builder``.
    :return: a ``tensorrt.INetworkDefinition``.
    """
    flags = tensorrt.NetworkDefinitionCreationFlag
    name = 'STRONGLY_TYPED' if version_numbers()[0] >= TYPED_SINCE else 'EXPLICIT_BATCH'
    return builder.create_network(1 << int(getattr(flags, name)))


def set_precision(config: Any, precision: str) -> None:
    """
    Set the flags for a precision.

    :param config: a ``tensorrt.IBuilderConfig``.
    :param precision: ``float16``, ``tf32`` or ``float32``.
    """
    # TF32 rounds the factors of a product to 10 bits; it is on by default.
    if precision == 'float32':
        config.clear_flag(tensorrt.BuilderFlag.TF32)
    else:
        config.set_flag(tensorrt.BuilderFlag.TF32)
    if version_numbers()[0] < TYPED_SINCE:
        if precision == 'float16':
            config.set_flag(tensorrt.BuilderFlag.FP16)
        # From 10 on it is always so.
        config.set_preview_feature(tensorrt.PreviewFeature.PROFILE_SHARING_0806, True)
