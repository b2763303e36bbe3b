# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
What can be measured: a model folder, as the node runs it, or the best model of a run.

Layout legend: M clips of a video, T frames, H height, W width, C channels, D features, K classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from imrs_ros.backends import Backend, load_backend
from imrs_ros.decision import softmax
from imrs_ros.model_card import CARD_FILE, ModelCard
from imrs_ros.networks import ClipNetwork, VideoNetwork
from imrs_ros.networks.weights import network_of
from imrs_ros.records import Clip
from imrs_ros.settings import BackendSettings
import numpy as np
from numpy.typing import NDArray
import torch
from training.clips.clip_reader import StoreReader, VideoReader
from training.clips.frame_store import FrameStore
from training.clips.windows import reader_windows, video_windows, Windows
from training.data_set.splits import LabelledVideo
from training.learning.accuracy import score_videos, ScoreClips
from training.learning.frozen_part import freeze
from training.learning.networks import load_trained


@dataclass(frozen=True, slots=True)
class ScoredModel:
    """A model that is ready to score the clips of videos."""

    name: str
    """Its folder."""
    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    split: int | None
    """The split it was trained on; None if unknown."""
    description: str
    """The backend and device, or the stream and epoch."""
    network: ClipNetwork
    """Its architecture; the weights may be untrained."""
    size_px: int
    """Side of its square frames."""
    num_frames: int
    """Frames of a clip."""
    score: ScoreClips
    """clips_MTHWC to logits_ML, where the model has it with that of none."""
    windows: Windows
    """Cuts a video into clips."""
    temperature: float = 1.0
    """Logits are divided by it before the softmax."""
    sources: tuple[str, ...] = ()
    """Names of the sources of other actions that it was fitted on; empty if unknown."""

    @classmethod
    def load(
        cls, folder: Path, frames: Path | None, settings: BackendSettings | None = None,
    ) -> 'ScoredModel':
        """
        Load a model folder or a run.

        :param folder: holds ``model.yaml`` or ``best.pt``.
        :param frames: extracted frames for runs; a model folder reads videos, as the node does.
        :param settings: backend of a model folder; default ``BackendSettings()``.
        :return: the model.
        :raises FileNotFoundError: when the folder holds neither.
        :raises ValueError: when it is damaged, or a flow run has no frames.
        """
        if (folder / CARD_FILE).exists():
            card = ModelCard.load(folder)
            loaded = load_backend(card, settings or BackendSettings())
            return cls.from_card(card, loaded.backend, loaded.fallbacks)
        return cls._from_run(folder, None if frames is None else FrameStore(frames))

    @classmethod
    def from_card(
        cls, card: ModelCard, backend: Backend, fallbacks: Sequence[str] = (),
    ) -> 'ScoredModel':
        """
        Wrap a model folder that a backend has loaded.

        :param card: its card.
        :param backend: runs it.
        :param fallbacks: why other backends were passed over.
        :return: the model.
        """
        spec = card.spec
        config, point = (card.provenance.get(name) for name in ('config', 'operating_point'))
        return cls(
            name=str(card.folder), labels=card.labels,
            split=config.get('split') if isinstance(config, dict) else None,
            description='; '.join([str(backend.description), *fallbacks]),
            network=network_of(card), size_px=spec.size_px, num_frames=spec.num_frames,
            sources=tuple(point.get('sources', ())) if isinstance(point, dict) else (),
            temperature=card.temperature, score=backend_scorer(backend), windows=video_windows(
                num_frames=spec.num_frames, fps=spec.fps, size_px=spec.size_px))

    @classmethod
    def _from_run(cls, folder: Path, store: FrameStore | None) -> 'ScoredModel':
        model, network = load_trained(folder)
        config = model.config
        if store is None and config.stream == 'flow':
            raise ValueError(
                f'{folder}: expected extracted flow for a flow stream, got none; pass --frames')
        reader = VideoReader(config.fps) if store is None else StoreReader(store, config.stream)
        return cls(
            name=str(folder), labels=model.labels, split=config.split,
            description=f'{config.stream} stream, epoch {model.epoch}', network=network,
            size_px=config.size_px, num_frames=config.num_frames, score=frozen_scorer(network),
            windows=reader_windows(
                reader, num_frames=config.num_frames, size_px=config.size_px))

    def score_videos(self, videos: Sequence[LabelledVideo]) -> list[NDArray[np.float32]]:
        """
        Score whole videos.

        :param videos: what to score.
        :return: logits_ML of every video, where the model has it with that of none.
        """
        return score_videos(self.score, videos, self.windows)

    def of_classes(self, logits: Sequence[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """
        Leave out the logit of none.

        :param logits: logits_ML of every video.
        :return: logits_MK.
        """
        return [logits_ML[:, :len(self.labels)] for logits_ML in logits]

    def check(self, labels: tuple[str, ...], split: int) -> None:
        """
        Make sure that the model can be measured on a split.

        :param labels: classes of the data.
        :param split: the split whose test list is scored.
        :raises ValueError: when its classes or their order differ, or it was trained on another
            split, whose training list holds videos of this test list.
        """
        if self.labels != labels:
            raise ValueError(
                f'{self.name}: expected the labels of the data, {labels}, got {self.labels}')
        if self.split not in (None, split):
            raise ValueError(
                f'{self.name}: expected a model trained on split {split}, got one trained on '
                f'split {self.split}, whose training list shares videos with this test list')


def frozen_scorer(network: VideoNetwork) -> ScoreClips:
    """
    Return a function that scores clips with a trained network, as fast as this CPU can.

    :param network: it is put into evaluation mode.
    :return: a function from clips_MTHWC to logits_MK.
    """
    pool = freeze(network, 'features', torch.device('cpu'))

    def score(clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        with torch.inference_mode():
            features_MD = pool(torch.from_numpy(clips_MTHWC))['features']
            logits_MK: NDArray[np.float32] = network.classify(features_MD).numpy()
        return logits_MK
    return score


def backend_scorer(backend: Backend, num_logits: int | None = None) -> ScoreClips:
    """
    Return a function that scores clips with a backend.

    :param backend: a loaded model.
    :param num_logits: the first of them are kept: without that of none, pass the number of
        labels; default all.
    :return: a function from clips_MTHWC to logits_ML.
    """
    def score(clips_MTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
        return backend.infer([
            Clip(camera='', frames_THWC=clip, first_sequence=0, stamp_ns=0, frame_id='')
            for clip in clips_MTHWC])[:, :num_logits]
    return score


def fuse(streams: Sequence[Sequence[NDArray[np.float32]]]) -> list[NDArray[np.float32]]:
    """
    Average the class probabilities of several streams, clip by clip.

    :param streams: per stream, logits_MK of every video; where streams cut a video into different
        numbers of clips (flow has one image less), the surplus is dropped.
    :return: log-probabilities_MK of every video.
    """
    fused = []
    for per_stream in zip(*streams, strict=True):
        num_clips = min(len(logits_MK) for logits_MK in per_stream)
        mean_MK = np.mean(
            [softmax(logits_MK[:num_clips], 1.0) for logits_MK in per_stream], axis=0)
        fused.append(np.log(np.maximum(mean_MK, 1e-12)).astype(np.float32))
    return fused
