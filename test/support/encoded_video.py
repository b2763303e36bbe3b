# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Videos encoded in tests, with the number of every frame in its picture."""

from fractions import Fraction

import av
import numpy as np

WIDTH, HEIGHT, NUM_BITS = 128, 96, 8
CODECS = {'.mp4': 'libx264', '.mkv': 'libx264', '.avi': 'libx264', '.mpg': 'mpeg2video',
          '.ts': 'mpeg2video', '.webm': 'libvpx-vp9', '.dv': 'dvvideo'}
TIME_BASE = Fraction(1, 1000)


def picture(number, width=WIDTH, height=HEIGHT):
    """Return image_HWC: a square that moves right, and below it the number in black and white."""
    image_HWC = np.full((height, width, 3), 40, np.uint8)
    left = 4 * number % (width - 24)
    image_HWC[height // 5:height // 2, left:left + 24] = (220, 60, 60)
    for bit in range(NUM_BITS):
        columns = slice(bit * width // NUM_BITS, (bit + 1) * width // NUM_BITS)
        image_HWC[height * 5 // 6:, columns] = 255 * (number >> bit & 1)
    return image_HWC


def number_of(image_HWC):
    """Return the number in a picture of any size."""
    height, width = image_HWC.shape[:2]
    row = image_HWC[height * 11 // 12].mean(axis=-1)
    return sum(int(row[(2 * bit + 1) * width // (2 * NUM_BITS)] > 128) << bit
               for bit in range(NUM_BITS))


def numbers_of(images_HWC):
    """Return the numbers in successive pictures of a camera that begins again at 0 after 255."""
    numbers = [number_of(image_HWC) for image_HWC in images_HWC]
    return np.unwrap(numbers, period=1 << NUM_BITS).tolist()


def encode(path, *, codec=None, num_frames=40, fps=25, times_ms=None, pixel_format='yuv420p',
           options=None, container_options=None, pixel_aspect=None, rotation=0, has_audio=False,
           size=(WIDTH, HEIGHT)):
    """
    Encode pictures 0, 1, 2 and so on.

    :param path: a file; its suffix chooses the container, and the codec by default.
    :param times_ms: presentation time of every picture; default by ``fps``.
    :param pixel_aspect: width of a pixel by its height.
    :param rotation: degrees, counterclockwise, by which a player turns the picture.
    :param has_audio: a second of silence in front of the first picture's bytes.
    :return: the path.
    """
    with av.open(path, 'w', container_options=container_options or {}) as container:
        audio = container.add_stream('aac', rate=48000) if has_audio else None
        stream = container.add_stream(codec or CODECS[path.suffix], rate=fps,
                                      options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        if times_ms is not None:
            stream.codec_context.time_base = TIME_BASE
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation:
            stream.set_display_rotation(rotation)
        if audio is not None:
            _mux_silence(container, audio)
        for number in range(num_frames):
            frame = av.VideoFrame.from_ndarray(
                picture(number, *size), format='rgb24').reformat(format=pixel_format)
            if times_ms is not None:
                frame.pts, frame.time_base = times_ms[number], TIME_BASE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _mux_silence(container, stream):
    for i in range(48):
        frame = av.AudioFrame(format='fltp', layout='mono', samples=1024)
        frame.sample_rate, frame.pts = 48000, 1024 * i
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
