# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Limits on image sizes, checked before anything is decoded."""

MIN_SIDE_PX, MAX_SIDE_PX = 16, 16_384
"""Range of width and height."""
MAX_PIXELS = 2 ** 26
"""More pixels than this would take over 200 MB once decoded."""


class ImageError(ValueError):
    """An image message that cannot be used; the text says what was expected and what came."""


def check_sides(width: int, height: int) -> None:
    """
    Reject an image that is too small or too large.

    :param width: as stated in the message or its header, pixels.
    :param height: likewise.
    :raises ImageError: if a limit is exceeded.
    """
    if not (MIN_SIDE_PX <= width <= MAX_SIDE_PX and MIN_SIDE_PX <= height <= MAX_SIDE_PX):
        raise ImageError(
            f'expected sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels, got {width} x {height}')
    if width * height > MAX_PIXELS:
        raise ImageError(f'expected at most {MAX_PIXELS} pixels, got {width} x {height}')
