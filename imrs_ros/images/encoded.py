# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A JPEG or PNG whose structure was checked, so that a decoder may be called."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedImage:
    """What the file states about itself, and the bytes that a decoder needs."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    is_grey: bool
    """Whether there is a single channel."""
    num_bits: int
    """Bits per value."""
    is_jpeg: bool
    """JPEG, or else PNG."""
    data: bytes
    """The file, without padding behind it and, of a PNG, without chunks that hold no pixels."""
