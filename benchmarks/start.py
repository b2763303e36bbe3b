# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Time from start to active, and memory: ``PYTHONPATH=. python benchmarks/start.py``.

Starts the real node with an empty cache, then again with the cache of the first start.
"""

import argparse
import os
from pathlib import Path
import tempfile
import time
from typing import Any

from node_process import join_domain, recognizer
from side_by_side import save, show


def start(model: str, name: str) -> dict[str, Any]:
    """
    Start the node once.

    :param model: name or folder of a model.
    :param name: of the case.
    :return: seconds to active, CPU time until then, and memory.
    """
    begin_sec = time.monotonic()
    with recognizer({'model': model, 'cameras': ['/camera/image']}) as process:
        active_sec = time.monotonic() - begin_sec
        # Of the converter, too, which has ended. Other processes that keep the cores busy make the
        # start longer, and take none of it.
        return {'model': model, 'start': name, 'active_sec': active_sec,
                'cpu_sec': sum(process.usage.cpu_times()[:4]),
                'rss_mb': process.usage.memory_info().rss / 1e6}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description='Time the start of the node.')
    parser.add_argument('--model', default='ucf10')
    parser.add_argument('--json', type=Path, help='also write the records to this file')
    options = parser.parse_args()
    join_domain()
    with tempfile.TemporaryDirectory() as folder:
        os.environ['XDG_CACHE_HOME'] = folder
        records = [start(options.model, name) for name in ('cold', 'warm')]
    show(records)
    save(options.json, records)


if __name__ == '__main__':
    main()
