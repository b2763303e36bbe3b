# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Fit all that turns a trained network's features into decisions.

    pose stream     on training videos, and on background videos of every source
    temperature     on the validation videos, folded into the last layer
    score of none   on training videos, and on background videos of every source
    thresholds      on recordings: validation videos, with background between them of a source that
                    the score of none of that recording was not fitted on

Layout legend: M clips, D features, K classes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from imrs_ros.evaluation.decide_anew import decide
from imrs_ros.evaluation.metrics.track import Track
from imrs_ros.evaluation.offline.recording_result import hold_ns, settle_ns
from imrs_ros.model_card import InputSpec
from imrs_ros.networks import ClipNetwork
from imrs_ros.networks.cut import cut_network
from imrs_ros.networks.none_score import NoneScore
from imrs_ros.networks.posed_network import PosedNetwork
from imrs_ros.settings import DecisionSettings, OperatingPoint, WindowSettings
from imrs_ros.teaching.clip_features import Features
from imrs_ros.teaching.thresholds import fit_operating_point, measured
import numpy as np
from numpy.typing import NDArray
import torch
from training.clips.clip_reader import VideoReader
from training.clips.windows import reader_windows
from training.data_set.background import Sources
from training.data_set.splits import LabelledVideo
from training.model_folder.calibration import fit_temperature
from training.operating_point.none_fit import evidence, fit_evidence, fit_none_score
from training.operating_point.pooling import pooler_of
from training.operating_point.pose_fit import fit_pose, PosePooler
from training.operating_point.recording import PooledRecording, record, track_of

CLIPS_PER_KNOWN, CLIPS_PER_OTHER = 1, 3
"""Most windows of a video, evenly spaced: there are fewer videos of other actions."""
MAX_FOLDS = 3
"""Recordings, each with the background of other sources."""
GAP_SEC = 5.0
"""Background before every action of a recording, s, besides that in which windows settle and which
counts as neither."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FitData:
    """What is fitted on."""

    labels: tuple[str, ...]
    """Class names in the order of the logits."""
    train: Sequence[LabelledVideo]
    """Videos that the network learnt from."""
    validation: Sequence[LabelledVideo]
    """Videos that it did not learn from."""
    sources: Sources
    """Background videos by source; may be empty."""


@dataclass(slots=True)
class Fitted:
    """A network whose scores are calibrated, and its thresholds."""

    network: ClipNetwork
    """With temperature 1, and a score of none where there was background."""
    operating_point: OperatingPoint = field(default_factory=OperatingPoint)
    """Thresholds of the decision."""
    measured: dict[str, Any] = field(default_factory=dict)
    """How often the decisions were right and wrong on the recordings; empty without background."""


def fit(network: ClipNetwork, spec: InputSpec, data: FitData, false_per_min: float,
        on_video: Callable[[], object] = lambda: None) -> Fitted:
    """
    Fit temperature, score of none and thresholds.

    :param network: trained; not changed.
    :param spec: its input.
    :param data: what to fit on; nothing of a test list.
    :param false_per_min: false actions allowed per minute of background.
    :param on_video: called after every video that was read.
    :return: the network and its thresholds; without background, there is no score of none, and
        the thresholds are the defaults.
    """
    network = deepcopy(network).eval().requires_grad_(False)
    network.none_score = None
    fitting = _Fitting(network, spec, data, on_video)
    fitting.fit_pose_stream()
    fitting.calibrate()
    if not data.sources:
        return Fitted(network)
    tracks = fitting.fit_none()
    settings = DecisionSettings()
    point = fit_operating_point(tracks, settings, false_per_min)
    decided = [decide(track, settings.at(point)) for track in tracks]
    return Fitted(network, point, {
        'sources': sorted(data.sources), **measured(decided, false_per_min)})


class _Fitting:
    """Features of all videos, computed once, and what is fitted on them in turn."""

    def __init__(self, network: ClipNetwork, spec: InputSpec, data: FitData,
                 on_video: Callable[[], object]) -> None:
        self._network, self._spec, self._data = network, spec, data
        self._pooler = pooler_of(
            cut_network(network, spec.num_frames, lambda features_ND: features_ND), spec)
        self._reader = VideoReader(spec.fps)
        self._on_video = on_video
        self._validation, self._truth_M = self._known(data.validation)
        self._folds = split_sources(data.sources) if data.sources else []
        self._poses: _Poses | None = None

    def fit_pose_stream(self) -> None:
        """Describe all poses, and fit the pose stream, where there is one, on all of them."""
        if isinstance(self._network, PosedNetwork):
            self._poses = _Poses(
                self._network, self._spec, self._data, self._folds, self._on_video)
            self._poses.fit(self._network)

    def calibrate(self) -> None:
        """Divide the logits by the temperature."""
        with torch.inference_mode():
            logits_MK = self._network.classify(torch.from_numpy(self._validation)).numpy()
        self._network.divide_logits(fit_temperature(logits_MK, self._truth_M))

    def fit_none(self) -> list[Track]:
        """Fit the score of none on everything; return tracks scored by fits that saw less."""
        known_MD, truth_M = self._known(self._data.train)
        folds = self._folds
        others = [self._pool(fold_videos(fold), CLIPS_PER_OTHER) for fold in folds]
        held_out: list[tuple[ClipNetwork, NoneScore]] = []
        for number, other_MD in enumerate(others):
            rest = [o for n, o in enumerate(others) if n != number]
            network = deepcopy(self._network)
            if self._poses is not None:
                self._poses.fit(network, without=number if rest else None)
            held_out.append((network, fit_none_score(
                network, known_MD, truth_M, np.concatenate(rest or [other_MD]))))
        score = fit_none_score(self._network, known_MD, truth_M, np.concatenate(others))
        fit_evidence(score, evidence(self._network, self._validation), [
            evidence(network, other_MD) for (network, _), other_MD in zip(held_out, others)])
        tracks = []
        for number, ((network, own), fold) in enumerate(zip(held_out, folds)):
            own.evidence.load_state_dict(score.evidence.state_dict())
            tracks.append(self._track(network, self._record(number, len(folds), fold)))
        return tracks

    def _record(self, number: int, count: int, fold: Sources) -> PooledRecording:
        labels = self._data.labels
        clips = [(labels[video.label], video.path)
                 for video in deal(self._data.validation, count)[number]]
        return record(self._pooler, self._spec, clips, fold_videos(fold),
                      hop=WindowSettings().hop, gap_sec=gap_sec(self._spec))

    def _track(self, network: ClipNetwork, recording: PooledRecording) -> Track:
        with torch.inference_mode():
            logits_NL = network.classify(torch.from_numpy(recording.features_ND)).numpy()
        return track_of(
            recording, logits_NL, self._data.labels, settle_ns=settle_ns(self._spec),
            hold_ns=hold_ns(WindowSettings(), self._spec))

    def _known(self, videos: Sequence[LabelledVideo]) -> tuple[Features, NDArray[np.int64]]:
        features = [self._pool([video.path], CLIPS_PER_KNOWN) for video in videos]
        return np.concatenate(features), np.repeat(
            [video.label for video in videos], [len(rows) for rows in features])

    def _pool(self, paths: Sequence[Path], most: int) -> Features:
        windows = reader_windows(
            self._reader, num_frames=self._spec.num_frames, size_px=self._spec.size_px,
            max_clips=most)
        rows = []
        for path in paths:
            rows.append(self._pooler.clips(windows(LabelledVideo(path, -1, None))))
            self._on_video()
        return np.concatenate(rows)


class _Poses:
    """Descriptions of the poses of all videos, computed once."""

    def __init__(self, network: PosedNetwork, spec: InputSpec, data: FitData,
                 folds: Sequence[Sources], on_video: Callable[[], object]) -> None:
        pooler = PosePooler(network.finder, spec)

        def describe(path: Path) -> Features:
            on_video()
            return pooler.describe(path)
        known = [describe(video.path) for video in data.train]
        self._known_MD = np.concatenate(known)
        self._truth_M = np.repeat(
            [video.label for video in data.train], [len(rows) for rows in known])
        self._folds = [[np.concatenate([describe(path) for path in paths])
                        for paths in fold.values()] for fold in folds]

    def fit(self, network: ClipNetwork, without: int | None = None) -> None:
        """Fit the pose stream of a network, without the background of one fold."""
        if not isinstance(network, PosedNetwork):
            raise TypeError('expected a network with a pose stream')
        fit_pose(network.pose, self._known_MD, self._truth_M, [
            rows for number, fold in enumerate(self._folds) if number != without
            for rows in fold])


def gap_sec(spec: InputSpec) -> float:
    """
    Return the background before every action of a recording.

    :param spec: of the network.
    :return: s.
    """
    return GAP_SEC + settle_ns(spec) / 1e9


def split_sources(sources: Sources) -> list[Sources]:
    """
    Split background into parts that have no source in common, where there is more than one.

    :param sources: at least one.
    :return: at most ``MAX_FOLDS`` parts, about as large; halves of a single source.
    """
    if len(sources) == 1:
        (name, videos), = sources.items()
        halves = (videos[::2], videos[1::2])
        return [{name: half} for half in halves if half]
    parts: list[Sources] = [{} for _ in range(min(MAX_FOLDS, len(sources)))]
    for name in sorted(sources, key=lambda name: (-len(sources[name]), name)):
        min(parts, key=lambda part: len(fold_videos(part)))[name] = sources[name]
    return parts


def fold_videos(part: Sources) -> list[Path]:
    """
    Return all videos of a part, its sources in turn.

    :param part: sources.
    :return: the files.
    """
    return [path for paths in part.values() for path in paths]


def deal(videos: Sequence[LabelledVideo], count: int) -> list[list[LabelledVideo]]:
    """
    Deal videos to recordings, the videos of every class in turn.

    :param videos: any.
    :param count: number of recordings.
    :return: the videos of each; in each, the classes take turns.
    """
    dealt: list[list[tuple[int, LabelledVideo]]] = [[] for _ in range(count)]
    seen: Counter[int] = Counter()
    for video in videos:
        turn = seen[video.label]
        dealt[(turn + video.label) % count].append((turn, video))
        seen[video.label] += 1
    return [[video for _, video in sorted(hand, key=lambda item: (item[0], item[1].label))]
            for hand in dealt]
