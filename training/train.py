"""
Train one stream with cross-entropy: ``python -m training.train CONFIG --data DIR --out DIR``.

The run's folder holds ``last.pt`` (the same command resumes from it), ``best.pt`` (the epoch with
the best validation accuracy), ``config.yaml`` and a TensorBoard log.
"""

import argparse
from dataclasses import dataclass
import math
from pathlib import Path
from typing import Any

from imrs_ros.networks import VideoNetwork
import numpy as np
from numpy.typing import NDArray
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm
from training.config import RunConfig
from training.dataset import TrainingClips
from training.evaluation import Accuracy, count_right, evaluate_videos
from training.feature_cache import FeatureCache
from training.memory import keep_freed_memory
from training.run_state import LAST, read_saved, TrainedModel, write_atomically, write_best
from training.splits import hold_out_groups, LabelledVideo, read_split
from training.stream import Stream
import yaml

VALIDATION_CLIPS = 2
"""Windows of every validation video, evenly spaced."""


@dataclass
class Progress:
    """How far a run is."""

    epoch: int = 0
    best_top1: float = -1.0


class Trainer:
    """A run in memory: the stream, its optimiser, its average and its progress."""

    def __init__(self, config: RunConfig, labels: tuple[str, ...],
                 train: tuple[LabelledVideo, ...], validation: tuple[LabelledVideo, ...],
                 folder: Path, num_workers: int) -> None:
        """
        Make the run from its seed, or resume it where ``folder`` holds one.

        :param config: the run's settings.
        :param labels: class names.
        :param train: videos to learn from.
        :param validation: videos to choose the best epoch by.
        :param folder: the run's folder.
        :param num_workers: processes that decode videos.
        :raises ValueError: when ``folder`` holds a run with other settings.
        """
        torch.manual_seed(config.seed)
        self.config, self.labels, self.folder = config, labels, folder
        self.validation = validation
        self.clips = TrainingClips(train, config)
        self.num_workers = num_workers
        self.stream = Stream(config, len(labels))
        self.progress = Progress()
        saved = self._read_saved()
        self.dataset = self._make_dataset()
        self.average = AveragedModel(
            self.stream.network, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay),
            use_buffers=True)
        self.optimizer = self.stream.make_optimizer()
        steps = math.ceil(len(self.dataset) / config.batch_size)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: _rate_factor(step / steps, config.epochs))
        if saved is not None:
            self._restore(saved)

    def run(self) -> None:
        """Train to the last epoch."""
        with SummaryWriter(str(self.folder)) as log:
            while self.progress.epoch < self.config.epochs:
                loss = self._train_epoch()
                self.progress.epoch += 1
                accuracy = self._validate()
                log.add_scalar('loss/train', loss, self.progress.epoch)
                log.add_scalar('video_top1/validation', accuracy.video_top1, self.progress.epoch)
                log.add_scalar('clip_top1/validation', accuracy.clip_top1, self.progress.epoch)
                self._save()
                print(f'epoch {self.progress.epoch}/{self.config.epochs}  loss {loss:.3f}  '
                      f'validation clip {accuracy.clip_top1:.1%} video {accuracy.video_top1:.1%}  '
                      f'best video {self.progress.best_top1:.1%}', flush=True)

    def _train_epoch(self) -> float:
        torch.manual_seed(self.config.seed * 100_003 + self.progress.epoch)
        self.clips.epoch = self.progress.epoch
        self.stream.train()
        loader = DataLoader(
            self.dataset, self.config.batch_size, shuffle=True,
            num_workers=0 if self.config.cached_draws else self.num_workers)
        losses: list[float] = []
        for inputs, labels_N in tqdm(
                loader, desc=f'epoch {self.progress.epoch + 1}', unit='batch', leave=False):
            loss = self.stream.loss(inputs, labels_N)
            if not torch.isfinite(loss):
                raise RuntimeError(
                    f'epoch {self.progress.epoch + 1}, batch {len(losses)}: expected a finite '
                    f'loss, got {loss.item()}; lower learning_rate')
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            self.average.update_parameters(self.stream.network)
            losses.append(loss.item())
        return float(np.mean(losses))

    def _validate(self) -> Accuracy:
        network: VideoNetwork = self.average.module  # type: ignore[assignment]
        if self.config.cached_draws:
            network.eval()
            with torch.no_grad():
                accuracy = count_right(
                    [network.classify(features).numpy() for features in self.features],
                    [video.label for video in self.validation])
        else:
            accuracy = evaluate_videos(
                lambda clips: score_clips(network, clips), self.validation, **self._windows())
        if accuracy.video_top1 > self.progress.best_top1:
            self.progress.best_top1 = accuracy.video_top1
            write_best(TrainedModel(
                config=self.config, labels=self.labels, state=network.state_dict(),
                epoch=self.progress.epoch, validation_top1=accuracy.video_top1), self.folder)
        return accuracy

    def _save(self) -> None:
        write_atomically({
            'epoch': self.progress.epoch,
            'best_top1': self.progress.best_top1, 'network': self.stream.network.state_dict(),
            'average': self.average.state_dict(), 'optimizer': self.optimizer.state_dict(),
            'schedule': self.schedule.state_dict()}, self.folder / LAST)

    def _windows(self) -> dict[str, Any]:
        return {'num_frames': self.config.num_frames, 'fps': self.config.fps,
                'size_px': self.config.size_px, 'max_clips': VALIDATION_CLIPS}

    def _make_dataset(self) -> TrainingClips | TensorDataset:
        """Give the training clips, or their cached features; validation likewise."""
        if not self.config.cached_draws:
            return self.clips
        cache = FeatureCache(self.stream.network, self.folder)
        self.features = cache.validation(self.validation, **self._windows())
        return cache.training(self.clips, self.config.cached_draws, self.num_workers)

    def _read_saved(self) -> dict[str, Any] | None:
        """Give the state to resume from; None for a new run, whose settings are noted."""
        self.folder.mkdir(parents=True, exist_ok=True)
        settings, noted = self.config.to_mapping(), self.folder / 'config.yaml'
        before = yaml.safe_load(noted.read_text()) if noted.exists() else settings
        if before != settings:
            changed = [key for key, value in settings.items() if before.get(key) != value]
            raise ValueError(
                f'{self.folder}: expected a run with these settings, got one that differs in '
                f'{changed}; give another --out, or remove the folder')
        noted.write_text(yaml.safe_dump(settings, sort_keys=False))
        path = self.folder / LAST
        return read_saved(path) if path.exists() else None

    def _restore(self, saved: dict[str, Any]) -> None:
        self.stream.network.load_state_dict(saved['network'])
        self.average.load_state_dict(saved['average'])
        self.optimizer.load_state_dict(saved['optimizer'])
        self.schedule.load_state_dict(saved['schedule'])
        self.progress = Progress(saved['epoch'], saved['best_top1'])
        print(f'resumed {self.folder} after epoch {self.progress.epoch}', flush=True)


def score_clips(network: nn.Module, clips_NTHWC: NDArray[np.uint8]) -> NDArray[np.float32]:
    """
    Give the logits of a network in evaluation mode.

    :param network: any network; it is left in evaluation mode.
    :param clips_NTHWC: uint8.
    :return: logits_NK, float32.
    """
    network.eval()
    with torch.inference_mode():
        logits_NK: NDArray[np.float32] = network(torch.from_numpy(clips_NTHWC)).numpy()
    return logits_NK


def _rate_factor(epoch: float, epochs: int) -> float:
    """Rise linearly over the first epoch, then follow a cosine to 0 (Loshchilov, Hutter 2017)."""
    if epoch < 1:
        return (epoch + 0.01) / 1.01
    return 0.5 * (1 + math.cos(math.pi * (epoch - 1) / max(1, epochs - 1)))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog='python -m training.train', description=(__doc__ or '').strip().splitlines()[0])
    parser.add_argument('config', type=Path, help='YAML file with the settings of the run')
    parser.add_argument('--data', type=Path, required=True, help='folder with videos/ and splits/')
    parser.add_argument('--out', type=Path, required=True, help='folder of the run')
    parser.add_argument('--workers', type=int, default=1, help='processes that decode videos')
    arguments = parser.parse_args()
    keep_freed_memory()
    config = RunConfig.load(arguments.config)
    split = read_split(arguments.data, config.split)
    train, validation = hold_out_groups(split.train, config.validation_groups)
    print(f'{len(train)} training and {len(validation)} validation videos', flush=True)
    Trainer(config, split.labels, train, validation, arguments.out, arguments.workers).run()


if __name__ == '__main__':
    main()
