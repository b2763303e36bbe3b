# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Read the field ``format`` of ``sensor_msgs/CompressedImage``.

compressed_image_transport writes ``<encoding>; jpeg compressed <target>``, or ``png`` or ``tiff``.
The encoding is that of the raw image, the target what it was converted to before compression;
without a target it was stored as it was, so the values of a Bayer mosaic look like a grey image.
Others write a bare name, such as ``jpeg``, ``jpg``, ``image/jpeg``, or nothing.
"""

from dataclasses import dataclass
import re

from imrs_ros.images.limits import ImageError
from imrs_ros.images.raw import ENCODINGS

DEPTH_IMAGE = re.compile(r'compressedDepth|^\s*(16[US]|32[FS]|64F)C\d')
BITS = re.compile(r'(8|16)$')


@dataclass(frozen=True, kw_only=True, slots=True)
class PixelFormat:
    """How the pixels of a compressed image are stored, as far as the file does not say it."""

    mosaic: str | None
    """Encoding of the Bayer mosaic that a grey file holds, without its number of bits."""
    is_swapped: bool
    """Whether red and blue are exchanged in the file: a target ``rgb8`` given to OpenCV's encoder,
    which takes it as BGR. compressed_image_transport reads it so, too."""


def read_format(text: str, *, is_grey: bool) -> PixelFormat:
    """
    Read a format.

    :param text: of the message.
    :param is_grey: whether the file has a single channel.
    :return: what it says about the pixels.
    :raises ImageError: if the pixels are not those of a camera image, or of an encoding that
        cannot be restored.
    """
    if DEPTH_IMAGE.search(text):
        raise ImageError(f'expected a camera image, got a depth image (format {text!r:.60}); '
                         'name the topic of the colour or grey image in cameras')
    encoding, _, codec = (part.strip() for part in text.partition(';'))
    target = codec.partition('compressed')[2].strip()
    if not is_grey or (target and not target.startswith('bayer_')):
        return PixelFormat(mosaic=None, is_swapped=target.startswith('rgb') and not is_grey)
    known = ENCODINGS.get(encoding)
    if encoding.startswith('bayer_'):
        if known is None:
            raise ImageError('expected one of the Bayer patterns rggb, bggr, gbrg and grbg, got '
                             f'the format {text!r:.60}')
        return PixelFormat(mosaic=BITS.sub('', encoding), is_swapped=False)
    if known is not None and known.even:
        raise ImageError(f'expected an image that was converted to bgr8, got values of {encoding} '
                         f'as a grey image (format {text!r:.60})')
    return PixelFormat(mosaic=None, is_swapped=False)
