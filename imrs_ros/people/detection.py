# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Who is seen where: what a detector says of one image.

Places are shares of the image's sides, so that a detector may see the image at another size.
"""

from dataclasses import dataclass, replace
import math

PERSON = 'person'
"""The class of everyone, in detections that this package writes."""
MAX_SIDES = 10.0
"""A box that reaches so far from the image, in its sides, is none."""


@dataclass(frozen=True, slots=True)
class Box:
    """
    A rectangle, in shares of the image's width and height; parts of it may lie outside.

    In messages, before ``scaled``, it is in pixels.
    """

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        """Return the share of the image that lies in it."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    @property
    def is_visible(self) -> bool:
        """Return whether somebody can be there: all numbers are sensible, and a part is inside."""
        return (all(abs(side) <= MAX_SIDES
                    for side in (self.left, self.top, self.right, self.bottom))
                and self.inside().area > 0)

    def inside(self) -> 'Box':
        """
        Return the part of it that lies in the image.

        :return: a box in [0, 1]; without area where it lies outside.
        """
        return Box(*(min(1.0, max(0.0, side)) for side in (
            self.left, self.top, self.right, self.bottom)))

    def scaled(self, across: float, down: float) -> 'Box':
        """
        Return it in other units.

        :param across: factor of left and right.
        :param down: factor of top and bottom.
        :return: the box.
        """
        return Box(self.left * across, self.top * down, self.right * across, self.bottom * down)

    def meet(self, other: 'Box') -> 'Box':
        """
        Return the part that two boxes share.

        :param other: another box of the same image.
        :return: a box; without area where they share none.
        """
        return Box(max(self.left, other.left), max(self.top, other.top),
                   min(self.right, other.right), min(self.bottom, other.bottom))

    def join(self, other: 'Box') -> 'Box':
        """
        Return the smallest box that holds both.

        :param other: another box of the same image.
        :return: the box.
        """
        return Box(min(self.left, other.left), min(self.top, other.top),
                   max(self.right, other.right), max(self.bottom, other.bottom))


@dataclass(frozen=True, slots=True)
class Detection:
    """A person in one image."""

    box: Box
    score: float
    """Certainty, in [0, 1]."""
    id: str = ''  # noqa: A003
    """Says who it is, over images; empty where the detector does not know."""


@dataclass(frozen=True, slots=True)
class Detections:
    """All people that a detector found in one image."""

    stamp_ns: int
    """Header stamp of the image."""
    people: tuple[Detection, ...]
    """Nobody, if empty."""

    def usable(self, min_score: float) -> 'Detections':
        """
        Return those that can be followed.

        :param min_score: least certainty, in [0, 1].
        :return: the same without those whose certainty is less, or nan, or whose box is not
            visible.
        """
        return replace(self, people=tuple(
            person for person in self.people
            if min_score <= person.score < math.inf and person.box.is_visible))


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who is followed, at one moment."""

    id: str  # noqa: A003
    """Says who it is; one who left and comes back may have the same."""
    number: int
    """Of this appearance, never used again by the camera."""
    box: Box
    """Where it was last seen."""
