# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
``local_pages``: who may talk to a server of pages on this machine.

Start at ``access``, what a request must have; ``guard`` holds an application to it. It may import
Starlette alone; ``view`` and ``evaluation.annotator`` serve pages behind it.
"""
