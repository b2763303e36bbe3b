# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The batches that GPU backends are built and captured for."""

BATCH_SIZES = (1, 2, 4, 8)
"""Batch sizes that GPU backends are built for; smaller batches are padded with old clips."""
MAX_CLIPS = BATCH_SIZES[-1]
"""The largest batch; more clips are scored in several batches."""


def padded_size(num_clips: int) -> int:
    """
    Return the size of the batch in which some clips are scored.

    :param num_clips: 1 to ``MAX_CLIPS``.
    :return: the smallest of ``BATCH_SIZES`` that holds them.
    """
    return next(size for size in BATCH_SIZES if size >= num_clips)
