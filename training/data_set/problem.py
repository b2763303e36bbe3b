# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A problem of a data set, and where it is."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """Kind of a problem; the value is its heading in a report."""

    MISSING_LIST = 'missing split files'
    BAD_LINE = 'lines that cannot be read'
    UNKNOWN_CLASS = 'unknown classes'
    WRONG_ID = 'ids that contradict classInd.txt'
    EMPTY_LIST = 'lists without videos'
    SINGLE_CLASS = 'data sets of a single class'
    MISSING_FOLDER = 'classes without a folder'
    MISSING_VIDEO = 'missing videos'
    DUPLICATE = 'videos listed twice'
    IN_BOTH = 'videos in both train and test'
    IN_BACKGROUND = 'videos of a class in the background'
    SAME_CONTENT = 'videos with the content of others'
    LEAKED_GROUP = 'groups in both train and test'
    NO_GROUP = 'videos without a group'
    EMPTY_CLASS = 'classes without training or test videos'
    BROKEN_VIDEO = 'videos that cannot be opened or have no frames'
    SINGLE_FRAME = 'videos of a single frame'
    UNLISTED = 'videos on disk that are in no list'

    @property
    def is_error(self) -> bool:
        """Whether it spoils training or figures; otherwise it is a note."""
        return self is not Kind.UNLISTED


_NOT_FOUND = (Kind.MISSING_LIST, Kind.MISSING_FOLDER, Kind.MISSING_VIDEO)


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of a data set."""

    kind: Kind
    """What is wrong."""
    place: str
    """File and line, file, or split; empty where the text names the file."""
    text: str
    """What was expected, what came, and what to do; the same in every place."""

    def error(self) -> FileNotFoundError | ValueError:
        """
        Return the exception to raise for this problem.

        :return: ``FileNotFoundError`` for what is not on disk, else ``ValueError``.
        """
        message = f'{self.place}: {self.text}' if self.place else self.text
        is_missing = self.kind in _NOT_FOUND
        return FileNotFoundError(message) if is_missing else ValueError(message)
