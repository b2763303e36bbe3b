# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""A Dask cluster as the backend of joblib, instead of the cores of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
import logging

from joblib import parallel_config

CONNECT_LIMIT_SEC = 10.0


@contextmanager
def dask_cluster(address: str | None) -> Iterator[None]:
    """
    Run ``joblib.Parallel`` on a cluster, within the context.

    :param address: of a Dask scheduler, e.g. tcp://host:8786; None for this machine.
    :raises ConnectionError: if no scheduler answers there.
    :raises RuntimeError: if it has no workers.
    """
    if address is None:
        yield
        return
    # Dask would log what the error below says.
    logging.getLogger('distributed').setLevel(logging.CRITICAL)
    from dask.distributed import Client
    try:
        client = Client(address, timeout=CONNECT_LIMIT_SEC)
    except (OSError, ValueError) as error:
        raise ConnectionError(
            f'{address}: expected a Dask scheduler that answers within {CONNECT_LIMIT_SEC:.0f} s, '
            f'got: {error}; start one with "dask scheduler" and use the address that it prints, '
            'or omit --dask') from error
    with client, parallel_config(backend='dask'):
        if not client.scheduler_info()['workers']:
            raise RuntimeError(f'{address}: expected a Dask scheduler with workers, got none; '
                               f'start some with "dask worker {address}"')
        yield
