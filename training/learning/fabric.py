# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""Device, precision and processes of a run."""

from lightning_fabric import Fabric
from training.config import FULL_PRECISION, RunConfig


def make_fabric(config: RunConfig, accelerator: str, num_devices: int) -> Fabric:
    """
    Create the Fabric of a run.

    :param config: sets the precision.
    :param accelerator: ``cpu``, ``cuda`` or ``auto``.
    :param num_devices: number of processes, one per device.
    :return: the Fabric; launch it before use if there are several processes.
    :raises ValueError: for mixed precision on a CPU, where PyTorch 2.13 gives wrong gradients:
        in bfloat16, the weight gradient of a 3 x 3 x 3 convolution from 64 to 64 channels over
        maps of 2 x 4 x 4 is not finite (oneDNN, AMD Zen 5).
    """
    fabric = Fabric(accelerator=accelerator, devices=num_devices,
                    strategy='ddp' if num_devices > 1 else 'auto',
                    precision=config.precision)  # type: ignore[arg-type]
    if fabric.device.type == 'cpu' and config.precision != FULL_PRECISION:
        raise ValueError(f'precision {config.precision} needs a GPU, got a CPU; use '
                         f'{FULL_PRECISION}')
    return fabric
