# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The progress bar of a study."""

from collections.abc import Sequence
from threading import Lock

from tqdm import tqdm
from training.studies.plan import StudyRun


class StudyBar:
    """Progress of a study in epochs over all runs; none without a terminal. For any thread."""

    def __init__(self, runs: Sequence[StudyRun]) -> None:
        """
        Show the bar.

        :param runs: all runs of the study.
        """
        self._epochs = {run.folder: run.config.epochs for run in runs}
        self._done = dict.fromkeys(self._epochs, 0)
        self._finished: set[str] = set()
        self._lock = Lock()
        self._bar = tqdm(
            total=sum(self._epochs.values()), desc='study', unit='epoch', disable=None)

    def show(self, folder: str, epochs: int) -> None:
        """
        Show the progress of a run.

        :param folder: of the run.
        :param epochs: its finished epochs.
        """
        with self._lock:
            self._done[folder] = epochs
            self._bar.set_postfix_str(f'{len(self._finished)}/{len(self._epochs)} runs', False)
            self._bar.n = sum(self._done.values())
            self._bar.refresh()

    def finish(self, folder: str) -> None:
        """
        Count a run as done, however it ended.

        :param folder: of the run.
        """
        with self._lock:
            self._finished.add(folder)
        self.show(folder, self._epochs[folder])

    def close(self) -> None:
        """Leave the bar as it is."""
        self._bar.close()
