# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a browser asks of the live view, and gets."""

import json


def receive_update(socket):
    """Ask for an update; return the state and the pictures by camera, each with its head."""
    socket.send('{"type":"next"}')
    pictures = {}
    while True:
        message = socket.recv(timeout=30)
        if isinstance(message, str):
            return json.loads(message), pictures
        size = int.from_bytes(message[:2], 'big')
        head = json.loads(message[2:2 + size])
        pictures[head['camera']] = head, message[2 + size:]
