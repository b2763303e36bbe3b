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
