"""Write a model folder: the card and the weights that belong together."""

from collections.abc import Mapping
from dataclasses import asdict
import hashlib
from pathlib import Path
from typing import Any

from imrs_ros.model_card import (
    Architecture, CARD_FILE, CARD_FORMAT, InputSpec, ModelCard, WEIGHTS_FILE)
from imrs_ros.networks.checkpoints import COUNTER_SUFFIX
from safetensors.torch import save_file
import torch
import yaml


def write_model_folder(
    folder: Path,
    *,
    name: str,
    architecture: Architecture,
    spec: InputSpec,
    labels: tuple[str, ...],
    temperature: float,
    state: Mapping[str, torch.Tensor],
    dtype: torch.dtype,
    provenance: Mapping[str, Any],
) -> ModelCard:
    """
    Write ``model.safetensors`` and ``model.yaml``.

    :param folder: made where missing; files of the same name are replaced.
    :param name: the model's name.
    :param architecture: how to build the network.
    :param spec: what the network takes.
    :param labels: class names in the order of the logits.
    :param temperature: calibration.
    :param state: the network's state dict.
    :param dtype: number format of the stored weights.
    :param provenance: plain values, for people.
    :return: the card, read back and checked.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: tensor.to(dtype).contiguous() for key, tensor in state.items()
               if not key.endswith(COUNTER_SUFFIX)}
    save_file(weights, folder / WEIGHTS_FILE)
    digest = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    (folder / CARD_FILE).write_text(yaml.safe_dump(_plain({
        'format': CARD_FORMAT, 'name': name, 'network': asdict(architecture),
        'input': asdict(spec), 'labels': labels, 'calibration': {'temperature': temperature},
        'weights': {'sha256': digest, 'dtype': str(dtype).removeprefix('torch.')},
        'provenance': provenance}), sort_keys=False), encoding='utf-8')
    return ModelCard.load(folder)


def _plain(value: Any) -> Any:
    """Turn tuples into lists, which YAML knows."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
