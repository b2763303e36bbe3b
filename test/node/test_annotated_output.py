# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""What a viewer of ``annotated`` costs."""

from imrs_ros.node.annotated_output import AnnotatedOutput, MAX_SIDE_PX, NUM_KEPT_FRAMES
from imrs_ros.node.entities import RosEntities
from imrs_ros.records import Frame
import numpy as np
import pytest
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import qos_profile_sensor_data

sensor_msgs = pytest.importorskip('sensor_msgs.msg')


@pytest.mark.parametrize(('size', 'kept'), [
    ((2160, 3840), (360, 640)), ((3840, 2160), (640, 360)), ((4096, 4096), (640, 640)),
    ((16384, 16), (640, 1)), ((480, 640), (480, 640)), ((60, 80), (60, 80))])
def test_kept_bytes_are_bounded(graph, size, kept):
    node = LifecycleNode('viewed', context=graph.context)
    output = AnnotatedOutput(RosEntities(node), 'front')
    whole = Frame(0, 'optical_frame', np.full((*size, 3), 7, np.uint8))
    output.keep(lambda: pytest.fail('decoded without a viewer'))
    graph.node.create_subscription(
        sensor_msgs.Image, '/viewed/front/annotated', print, qos_profile_sensor_data)
    graph.wait(lambda: output._publisher.get_subscription_count() > 0)
    for _ in range(NUM_KEPT_FRAMES + 2):
        output.keep(lambda: whole)
    images = [frame.image_HWC for frame in output._frames]
    assert {image.shape for image in images} == {(*kept, 3)}
    assert {image.dtype for image in images} == {np.dtype(np.uint8)}
    assert all((image == 7).all() for image in images)
    assert sum(image.nbytes for image in images) <= NUM_KEPT_FRAMES * 3 * MAX_SIDE_PX ** 2
    assert all(image.base is None or image.base.nbytes == image.nbytes for image in images
               if size != kept)
    node.destroy_node()
