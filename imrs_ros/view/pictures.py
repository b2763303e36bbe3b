# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Images of a camera as small JPEGs for the browser.

Layout legend: H height, W width, C channels.
"""

import cv2
from imrs_ros.images.jpeg import read_jpeg, SIGNATURE
from imrs_ros.images.preprocessing import fit_within
from imrs_ros.node.messages import BitDepth, decode_image, read_message
from imrs_ros.node.transport import ImageKind
from imrs_ros.view.live_state import Picture

MAX_SIDE_PX = 800
"""Pictures are sent no larger."""
QUALITY = 75
MAX_PASSED_BYTES = 120_000
"""A JPEG of at most this size is passed on as it is."""


def make_picture(kind: ImageKind, data: bytes, depth: BitDepth) -> Picture:
    """
    Make a picture from an image message.

    :param kind: the message.
    :param data: as a subscription with ``raw=True`` delivers it.
    :param depth: of the camera's images so far.
    :return: a JPEG, and the size of the image.
    :raises ImageError: when the image cannot be decoded.
    """
    msg = read_message(kind, data)
    encoded = getattr(msg, 'data', b'')
    if not hasattr(msg, 'encoding') and len(encoded) <= MAX_PASSED_BYTES:
        jpeg = bytes(encoded)
        if jpeg.startswith(SIGNATURE):
            checked = read_jpeg(jpeg)
            if max(checked.width, checked.height) <= 2 * MAX_SIDE_PX and checked.num_bits == 8:
                return Picture(bytes(checked.data), checked.width, checked.height)
    image_HWC = decode_image(msg, depth).image_HWC
    height, width = image_HWC.shape[:2]
    small_HWC = cv2.cvtColor(fit_within(image_HWC, MAX_SIDE_PX), cv2.COLOR_RGB2BGR)
    _, jpeg_data = cv2.imencode('.jpg', small_HWC, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return Picture(jpeg_data.tobytes(), width, height)
