"""What an image may be at most, checked before anything is decoded, and the error that says so."""

MIN_SIDE_PX, MAX_SIDE_PX = 16, 16_384
"""Images beyond these sides are refused before anything is decoded or allocated."""
MAX_PIXELS = 2 ** 26
"""And those of more pixels in all: decoded, they would take over 200 MB."""


class ImageError(ValueError):
    """An image message that cannot be used: what was expected, and what came."""


def check_sides(width: int, height: int) -> None:
    """
    Refuse an image that is too small or too large.

    :param width: as the message or its header states it.
    :param height: likewise.
    :raises ImageError: naming the limit.
    """
    if not (MIN_SIDE_PX <= width <= MAX_SIDE_PX and MIN_SIDE_PX <= height <= MAX_SIDE_PX):
        raise ImageError(
            f'expected sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels, got {width} x {height}')
    if width * height > MAX_PIXELS:
        raise ImageError(f'expected at most {MAX_PIXELS} pixels, got {width} x {height}')
