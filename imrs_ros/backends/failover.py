# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
A backend that switches to the next one when the current one fails, so that the node stays up.

Layout legend: N clips, K classes.
"""

from collections.abc import Callable, Sequence

from imrs_ros.backends.base import Backend, BackendDescription
from imrs_ros.backends.load import candidates, load_backend
from imrs_ros.model_card import ModelCard
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray


class FailoverBackend:
    """The first backend that works; after a failure, the next one that does."""

    def __init__(
        self, card: ModelCard, settings: BackendSettings, on_failure: Callable[[str], None],
    ) -> None:
        """
        Load the first backend that works.

        :param card: the model.
        :param settings: which backends, and their threads.
        :param on_failure: called with the reason for every backend that is passed over.
        :raises ModelCardError: when the model itself cannot be used.
        :raises RuntimeError: when no backend works, with the reasons.
        """
        self._card, self._settings, self._on_failure = card, settings, on_failure
        # Asked once: a device that vanishes must not change what comes next.
        self._names = candidates(settings)
        self._backend = self._load(self._names)

    @property
    def description(self) -> BackendDescription:
        """Return what runs the network now."""
        return self._backend.description

    def _load(self, names: Sequence[str]) -> Backend:
        loaded = load_backend(self._card, self._settings, names)
        for reason in loaded.fallbacks:
            self._on_failure(reason)
        return loaded.backend

    def infer(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """
        Score clips; after a failure, with the next backend from then on.

        :param clips: as of ``Backend.infer``.
        :return: logits_NK.
        :raises Exception: what the backend raised, where no other works; it is tried again with
            the next clips.
        """
        try:
            return self._score(clips)
        # Whatever a library raises, the next backend may still work.
        except Exception as error:
            self._switch(error)
            return self._score(clips)

    def _score(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        logits_NK = self._backend.infer(clips)
        if not np.isfinite(logits_NK).all():
            raise RuntimeError('expected finite logits, got some that are not finite')
        return logits_NK

    def _switch(self, error: Exception) -> None:
        failed = self._backend
        rest = self._names[self._names.index(failed.description.name) + 1:]
        if not rest:
            raise error
        self._on_failure(
            f'backend {failed.description.name} failed: {type(error).__name__}: {error}')
        # The next may fail to load; then the old one stays in place.
        self._backend = self._load(rest)
        try:
            failed.close()
        # After an error of its device nothing of it can be freed; the next one works all the same.
        except Exception as error_of_close:
            self._on_failure(
                f'backend {failed.description.name} could not be closed: '
                f'{type(error_of_close).__name__}: {error_of_close}')

    def close(self) -> None:
        """Free the backend in use."""
        self._backend.close()
