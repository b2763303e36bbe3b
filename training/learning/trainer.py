# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""The training loop: epochs of clips, validation after each, and a state to resume from."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
import time
from typing import Any

from imrs_ros.networks import VideoNetwork
from lightning_fabric import Fabric
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm
from training.clips.batches import PartedBatches
from training.clips.run_data import RunData
from training.clips.training_clips import TrainingClips
from training.config import LAST_EPOCH, RunConfig
from training.learning.accuracy import Accuracy, count_right, score_clips, score_videos
from training.learning.fabric import make_fabric
from training.learning.frozen_cache import CachedClips, FrozenCache
from training.learning.run_state import (
    LAST, Progress, read_last, TrainedModel, write_atomically, write_best, write_settings)
from training.learning.schedule import make_schedule
from training.learning.stream import pooled_features, Stream
from training.learning.teacher import Teacher


SCALE_CLIPS = 500
"""Training clips, about, on which the features of a teacher are measured."""


class Trainer:
    """Trains a stream: holds its optimiser, schedule, average of weights and progress."""

    def __init__(self, config: RunConfig, data: RunData, folder: Path, *,
                 fabric: Fabric | None = None, num_workers: int = 0) -> None:
        """
        Build the run from its seed, or restore it from ``folder``; nothing is written yet.

        Seeds PyTorch's global generator.

        :param config: the run's settings.
        :param data: the videos.
        :param folder: folder of the run; created by ``prepare``.
        :param fabric: device, precision and processes, launched; default one CPU process.
        :param num_workers: processes that read clips.
        :raises ValueError: when ``folder`` holds a run with other settings or classes.
        """
        self.config, self.data, self.folder = config, data, folder
        self.fabric = fabric or make_fabric(config, 'cpu', 1)
        self._num_workers = num_workers
        saved = read_last(config, folder)
        torch.manual_seed(config.seed)
        self.teacher = self._load_teacher()
        self.stream = Stream(config, len(data.labels), self.teacher)
        self.fabric.to_device(self.stream)
        self.progress = Progress()
        self.dataset: TrainingClips | CachedClips = self._make_clips()
        self.batches = PartedBatches(
            len(self.dataset), config.batch_size, config.num_parts, self.fabric.global_rank,
            self.fabric.world_size)
        self.average = AveragedModel(
            self.stream.network, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay),
            use_buffers=True)
        optimizer = self.stream.make_optimizer()
        self.schedule = make_schedule(optimizer, config, len(self.batches.batch_sizes))
        self.forward, self.optimizer = self.fabric.setup(self.stream, optimizer)
        if saved is not None:
            self._restore(saved)

    def prepare(self) -> None:
        """
        Create the run's folder and open its clips; ``run`` calls this first.

        With ``cached_draws``, the outputs of the frozen part replace the clips. Unless an earlier
        run has stored them, they are computed here, which may take hours.
        """
        with self.fabric.rank_zero_first():
            write_settings(self.config, self.folder)
            if isinstance(self.dataset, TrainingClips) and self.config.cached_draws:
                cache = FrozenCache(self.stream, self.teacher, self.data,
                                    self.folder.parent / 'cache', self.fabric.device)
                self.cached_validation = cache.validation(self.data.windows(self.config))
                self.dataset = cache.training(self.dataset, self._num_workers)
            if self.progress.epoch == 0:
                self._fit_scale()
        self.loader = self.fabric.setup_dataloaders(DataLoader(
            self.dataset, batch_sampler=self.batches,
            num_workers=0 if self.config.cached_draws else self._num_workers),
            use_distributed_sampler=False)

    def run(self) -> None:
        """
        Train to the last epoch, and save the run after each.

        :raises ValueError: when a clip cannot be read.
        :raises RuntimeError: when the loss is not finite.
        """
        self.prepare()
        if self.progress.epoch:
            self.fabric.print(f'resumed {self.folder} after epoch {self.progress.epoch}',
                              flush=True)
        log = SummaryWriter(str(self.folder)) if self.fabric.is_global_zero else None
        while self.progress.epoch < self.config.epochs:
            start = time.monotonic()
            losses = self._train_epoch()
            accuracy = self._validate()
            if isinstance(self.schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
                self.schedule.step(accuracy.clip_top1)
            self.progress = replace(
                self.progress, epoch=self.progress.epoch + 1,
                best_top1=max(self.progress.best_top1, accuracy.video_top1),
                hours=self.progress.hours + (time.monotonic() - start) / 3600)
            if log is not None:
                self._report(log, losses, accuracy)
                self._save()
            self.fabric.barrier()
        if log is not None:
            log.close()

    def _fit_scale(self) -> None:
        """Measure the features of a teacher of poses on some training clips."""
        teacher, scale, count = self.teacher, self.stream.scale, len(self.dataset)
        if teacher is None or scale is None or not any(part.is_posed for part in teacher.parts):
            return
        samples = (self.dataset[index] for index in range(0, count, max(1, count // SCALE_CLIPS)))
        scale.fit(torch.cat([self.stream.teacher_features(self.fabric.to_device(
            {name: tensor[None] for name, tensor in sample.items()})) for sample in samples]))

    def _train_epoch(self) -> dict[str, float]:
        torch.manual_seed(self.config.seed * 100_003 + self.progress.epoch)
        self.batches.seed = torch.initial_seed()
        self.dataset.epoch = self.progress.epoch
        self.stream.train()
        sums: dict[str, float] = defaultdict(float)
        sizes, num_parts = self.batches.batch_sizes, self.batches.parts_per_batch
        for i, part in enumerate(tqdm(
                self.loader, desc=f'epoch {self.progress.epoch + 1}', unit='batch', leave=False,
                disable=None if self.fabric.is_global_zero else True)):
            # DDP averages the gradients of processes, but those of the parts must add up.
            share = len(part['label']) / sizes[i // num_parts]
            is_last = (i + 1) % num_parts == 0
            with self.fabric.no_backward_sync(self.forward, enabled=not is_last):
                losses = self.forward(part)
                if not torch.isfinite(losses['loss']):
                    raise RuntimeError(
                        f'epoch {self.progress.epoch + 1}, batch {i // num_parts}: expected a '
                        f'finite loss, got {losses["loss"].item()}; lower learning_rate')
                self.fabric.backward(losses['loss'] * (share * self.fabric.world_size))
            if is_last:
                self._step()
            for name, loss in losses.items():
                sums[name] += loss.item() * share / len(sizes)
        totals = {name: self.fabric.all_reduce(torch.tensor(total), reduce_op='sum')
                  for name, total in sums.items()}
        return {name: float(total) for name, total in totals.items()}  # type: ignore[arg-type]

    def _step(self) -> None:
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if isinstance(self.schedule, torch.optim.lr_scheduler.LambdaLR):
            self.schedule.step()
        self.average.update_parameters(self.stream.network)

    def _validate(self) -> Accuracy:
        """Evaluate the averaged weights on the first process and share the result."""
        accuracy = self._evaluate() if self.fabric.is_global_zero else None
        shared: Accuracy = self.fabric.broadcast(accuracy)  # type: ignore[assignment]
        return shared

    def _evaluate(self) -> Accuracy:
        """Evaluate the averaged weights; write ``best.pt`` if they are to be chosen so far."""
        network: VideoNetwork = self.average.module.eval()  # type: ignore[assignment]
        if self.config.cached_draws:
            with torch.inference_mode():
                logits = [network.classify(pooled_features(
                    network, self.fabric.to_device(cached), self.config.stream)).cpu().numpy()
                    for cached in self.cached_validation]
        else:
            logits = score_videos(
                lambda clips: score_clips(network, clips), self.data.validation,
                self.data.windows(self.config))
        accuracy = count_right(logits, [video.label for video in self.data.validation])
        if (self.config.chosen_epoch == LAST_EPOCH
                or accuracy.video_top1 > self.progress.best_top1):
            write_best(TrainedModel(
                config=self.config, labels=self.data.labels, state=network.state_dict(),
                epoch=self.progress.epoch + 1, validation_top1=accuracy.video_top1), self.folder)
        return accuracy

    def _report(self, log: SummaryWriter, losses: dict[str, float], accuracy: Accuracy) -> None:
        epoch = self.progress.epoch
        for name, loss in losses.items():
            log.add_scalar('loss/train' if name == 'loss' else f'{name}/train', loss, epoch)
        log.add_scalar('video_top1/validation', accuracy.video_top1, epoch)
        log.add_scalar('clip_top1/validation', accuracy.clip_top1, epoch)
        parts = '  '.join(f'{name} {loss:.4g}' for name, loss in losses.items())
        print(f'epoch {epoch}/{self.config.epochs}  {parts}  validation clip '
              f'{accuracy.clip_top1:.1%} video {accuracy.video_top1:.1%} ({accuracy.margin})  '
              f'best video {self.progress.best_top1:.1%}', flush=True)

    def _load_teacher(self) -> Teacher | None:
        if not self.config.teachers:
            return None
        teacher = Teacher([Path(run) for run in self.config.teachers], self.data.labels,
                          self.config.size_px)
        self.fabric.to_device(teacher)
        return teacher

    def _make_clips(self) -> TrainingClips:
        config = self.config
        sizes_px = {config.stream: config.size_px}
        if self.teacher is not None:
            sizes_px |= self.teacher.sizes_px
        # Runs of all seeds share a cache.
        return TrainingClips(
            self.data.train, replace(config, seed=0) if config.cached_draws else config,
            {stream: self.data.reader(stream, config.fps) for stream in sizes_px}, sizes_px)

    def _save(self) -> None:
        write_atomically({
            'epoch': self.progress.epoch, 'best_top1': self.progress.best_top1,
            'hours': self.progress.hours, 'stream': self.stream.state_dict(),
            'average': self.average.state_dict(), 'optimizer': self.optimizer.state_dict(),
            'schedule': self.schedule.state_dict(), 'labels': list(self.data.labels)},
            self.folder / LAST)

    def _restore(self, saved: dict[str, Any]) -> None:
        # Runs of older versions did not store them.
        labels = saved.get('labels', list(self.data.labels))
        if labels != list(self.data.labels):
            raise ValueError(
                f'{self.folder}: expected a run of the classes {list(self.data.labels)}, got one '
                f'of {labels}; choose another --out, or remove the folder')
        self.stream.load_state_dict(saved['stream'])
        self.average.load_state_dict(saved['average'])
        self.optimizer.load_state_dict(saved['optimizer'])
        self.schedule.load_state_dict(saved['schedule'])
        self.progress = Progress(saved['epoch'], saved['best_top1'], saved['hours'])
