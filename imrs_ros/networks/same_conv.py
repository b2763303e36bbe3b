# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A convolution padded as TensorFlow pads."""

from imrs_ros.architectures.same_padding import same_padding
from torch import nn, Tensor
from torch.nn import functional


class SameConv2d(nn.Conv2d):
    """A convolution padded as TensorFlow's ``SAME``: the odd row and column go below and right."""

    def forward(self, x_FCHW: Tensor) -> Tensor:
        """
        Convolve.

        :param x_FCHW: float features.
        :return: features with sides ceil(side / stride).
        """
        kernel, stride = self.kernel_size[0], self.stride[0]
        (top, bottom), (left, right) = (
            same_padding(side, kernel, stride) for side in x_FCHW.shape[2:])
        if top == bottom == left == right == kernel // 2:
            return functional.conv2d(
                x_FCHW, self.weight, self.bias, stride, top, 1, self.groups)
        return functional.conv2d(
            functional.pad(x_FCHW, (left, right, top, bottom)), self.weight, self.bias, stride, 0,
            1, self.groups)
