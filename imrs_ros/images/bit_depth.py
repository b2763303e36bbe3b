# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""How many bits of 16-bit values a camera uses: sensors of 10 to 14 bits do not fill them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MIN_BITS, MAX_BITS = 10, 16
NUM_SETTLING_IMAGES = 25
"""A depth below 16 bits is reported after so many images, about a second."""


class BitDepth:
    """
    The depth of one camera, from the highest value seen so far.

    It only grows, from 10 to 12, 14 and 16 bits, so exposure cannot make the brightness flicker:
    it changes at most three times, and no value is ever clipped. Threads may share it.
    """

    def __init__(self) -> None:
        """Start at the smallest depth."""
        self._num_bits = MIN_BITS
        self._reported_bits = MAX_BITS
        self._num_settling = NUM_SETTLING_IMAGES

    def observe(self, values: NDArray[np.unsignedinteger[Any]]) -> int:
        """
        Take an image into account.

        :param values: of 16 bits, any shape but empty.
        :return: the number of bits, enough for these values.
        """
        num_bits = self._num_bits
        if num_bits < MAX_BITS:
            used = int(values.max()).bit_length()
            num_bits = max(num_bits, used + used % 2)
            if num_bits > self._num_bits:
                self._num_bits, self._num_settling = num_bits, NUM_SETTLING_IMAGES
            self._num_settling -= 1
        return num_bits

    def new_report(self) -> str | None:
        """
        Describe the depth, once when it has settled below 16 bits.

        :return: what is assumed and what to do about it; None if there is nothing new.
        """
        if self._num_bits in (MAX_BITS, self._reported_bits) or self._num_settling > 0:
            return None
        self._reported_bits = self._num_bits
        return (f'16-bit values never exceed {2 ** self._num_bits - 1}: taken as '
                f'{self._num_bits} bits; if the image is too bright, scale it to 16 bits in the '
                'driver')
