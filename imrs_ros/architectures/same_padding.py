# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The padding of convolutions that TensorFlow calls ``SAME``."""


def same_padding(side: int, kernel_size: int, stride: int) -> tuple[int, int]:
    """
    Return the padding with which a convolution gives ceil(side / stride) positions.

    :param side: of the map, before it.
    :param kernel_size: of the convolution.
    :param stride: of the convolution.
    :return: rows or columns before and after the map; the odd one goes after it.
    """
    total = max((-(-side // stride) - 1) * stride + kernel_size - side, 0)
    return total // 2, total - total // 2
