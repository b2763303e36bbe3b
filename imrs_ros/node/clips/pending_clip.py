# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""One clip from the decision on until it is on disk."""

from dataclasses import dataclass, field

from imrs_ros.node.clips.recent_frames import RecentFrame
from imrs_ros.node.clips.video_file import VideoFile


@dataclass(kw_only=True, slots=True, eq=False)
class PendingClip:
    """The frames around a decision; complete when one after its end has come."""

    camera: str
    """Name of the camera."""
    label: str
    """The decided action."""
    onset_ns: int
    """Header stamp of the action's onset."""
    end_ns: int
    """Header stamp beyond which frames do not belong to it."""
    frames: list[RecentFrame] = field(default_factory=list)
    """In order; those that are encoded are removed."""
    is_complete: bool = False
    """Whether no more frames are taken."""
    video: VideoFile | None = None
    """What is written so far."""

    def take(self, frame: RecentFrame) -> None:
        """
        Take the next frame of the camera, or be complete.

        :param frame: with any stamp; one before the last is of another recording.
        """
        last_ns = self.frames[-1].stamp_ns if self.frames else 0
        if last_ns < frame.stamp_ns <= self.end_ns:
            self.frames.append(frame)
        else:
            self.is_complete = True

    def discard(self) -> None:
        """Leave nothing of what was written."""
        if self.video is not None:
            self.video.discard()
