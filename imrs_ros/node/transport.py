# Copyright 2026 imrs_ros maintainers
# Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file except
# in compliance with the License. You may obtain a copy of the License at
# http://www.apache.org/licenses/LICENSE-2.0 Unless required by applicable law or agreed to in
# writing, software distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the License for the specific
# language governing permissions and limitations under the License.

"""
Which topic a camera's images come from, raw or compressed.

Chosen from the graph, and left where a topic that is advertised delivers nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time

from imrs_ros.node.entities import RosEntities
from rclpy.lifecycle import LifecycleNode
from rclpy.node import Node
from rclpy.qos import qos_policy_name_from_kind, QoSProfile
from sensor_msgs.msg import CompressedImage, Image

try:
    from rclpy.event_handler import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import QoSRequestedIncompatibleQoSInfo, SubscriptionEventCallbacks

ImageKind = type[Image] | type[CompressedImage]
COMPRESSED_SUFFIX = '/compressed'
"""Of the topic on which image_transport publishes JPEG and PNG images."""

SILENT_TOPIC_SEC = 3.0
"""A topic without images for so long no longer keeps its camera from the others."""


@dataclass(frozen=True, slots=True)
class ImageTopic:
    """A topic that may carry a camera's images."""

    name: str
    """Name to subscribe to."""
    kind: ImageKind
    """Its message."""


def image_topics(node: Node, topic: str, transport: str) -> tuple[ImageTopic, ...]:
    """
    List the topics that may carry a camera's images.

    :param node: knows the remappings.
    :param topic: an image topic; one that ends in /compressed is compressed whatever the
        transport.
    :param transport: ``auto``, ``raw`` or ``compressed``.
    :return: the topics, the preferred one first.
    """
    raw = ImageTopic(topic, Image)
    if topic.endswith(COMPRESSED_SUFFIX):
        base = topic.removesuffix(COMPRESSED_SUFFIX)
        return (ImageTopic(_compressed_name(node, base), CompressedImage),)
    compressed = ImageTopic(_compressed_name(node, topic), CompressedImage)
    if transport == 'raw':
        return (raw,)
    if transport == 'compressed':
        return (compressed,)
    # Some drivers publish compressed images without the suffix.
    return raw, compressed, ImageTopic(topic, CompressedImage)


def _compressed_name(node: Node, base: str) -> str:
    """Follow a remapping of the base topic, as image_transport does, unless there is a closer."""
    name = base + COMPRESSED_SUFFIX
    is_remapped = (node.resolve_topic_name(name)
                   != node.resolve_topic_name(name, only_expand=True))
    # Creating a subscription remaps: what is remapped already must not be passed to it.
    return name if is_remapped or not base else node.resolve_topic_name(base) + COMPRESSED_SUFFIX


def choose_topic(
    node: Node, topics: Sequence[ImageTopic], current: ImageTopic | None,
) -> ImageTopic:
    """
    Choose a topic that is published; the current one is kept while it is.

    :param node: sees the graph.
    :param topics: as ``image_topics`` returns them.
    :param current: the subscribed topic, or None.
    :return: the first topic with a publisher, else the current one, else the first.
    """
    preferred = () if current is None else (current,)
    for topic in (*preferred, *topics):
        if is_published(node, topic):
            return topic
    return current or topics[0]


def is_published(node: Node, topic: ImageTopic) -> bool:
    """
    Return whether a topic has a publisher.

    :param node: sees the graph.
    :param topic: the topic and its message.
    :return: whether there is a publisher of that message.
    """
    kind = f'sensor_msgs/msg/{topic.kind.__name__}'
    name = node.resolve_topic_name(topic.name)
    return any(info.topic_type == kind for info in node.get_publishers_info_by_topic(name))


class ImageSource:
    """
    The subscription to one of a camera's topics.

    While the chosen one delivers nothing, all others that are advertised are subscribed to as
    well, and the first that delivers is chosen: so nothing is tried in turn while all are silent.
    Used on the executor's thread alone.
    """

    def __init__(
        self, node: LifecycleNode, topics: Sequence[ImageTopic], qos: QoSProfile,
        on_image: Callable[[ImageKind, bytes], None], on_incompatible: Callable[[str], None],
        log: Callable[[str], None],
    ) -> None:
        """
        Subscribe to nothing yet.

        :param node: owns the subscriptions.
        :param topics: as ``image_topics`` returns them.
        :param qos: the requested quality of service.
        :param on_image: called with the kind and the serialised message of every image.
        :param on_incompatible: called with the policy that a publisher of the chosen topic lacks.
        :param log: called with what is chosen.
        """
        self._node, self._topics, self._qos = node, topics, qos
        self._on_image, self._on_incompatible, self._log = on_image, on_incompatible, log
        self._subscriptions: dict[ImageTopic, RosEntities] = {}
        self._chosen: ImageTopic | None = None
        self._last_image_sec = time.monotonic()
        self.incompatible_policy: str | None = None
        """Why a publisher of the chosen topic is not connected."""

    @property
    def topic_name(self) -> str:
        """Return the chosen topic as others see it; empty without one."""
        return '' if self._chosen is None else self._node.resolve_topic_name(self._chosen.name)

    @property
    def is_raw_and_matched(self) -> bool:
        """Return whether raw images are published on the chosen topic, and could be received."""
        return (self._chosen is not None and self._chosen.kind is Image
                and self.incompatible_policy is None and is_published(self._node, self._chosen))

    def follow_graph(self) -> None:
        """
        Choose among the topics that are published; to be called now and then.

        :raises Exception: when a topic cannot be subscribed to.
        """
        topic = choose_topic(self._node, self._topics, self._chosen)
        if topic != self._chosen:
            self.close()
            self._subscribe(topic)
            self._choose(topic)
        elif time.monotonic() - self._last_image_sec >= SILENT_TOPIC_SEC:
            self._try_others()
        else:
            self._keep_only(topic)

    def _try_others(self) -> None:
        for other in self._topics:
            if other not in self._subscriptions and is_published(self._node, other):
                self._subscribe(other)
                self._log(f'no images on {self.topic_name}; also trying '
                          f'{self._node.resolve_topic_name(other.name)} ({other.kind.__name__})')

    def _choose(self, topic: ImageTopic) -> None:
        self._chosen, self.incompatible_policy = topic, None
        self._last_image_sec = time.monotonic()
        self._log(f'{self.topic_name} ({topic.kind.__name__})')

    def _keep_only(self, topic: ImageTopic) -> None:
        for other in [other for other in self._subscriptions if other != topic]:
            self._subscriptions.pop(other).close()

    def _subscribe(self, topic: ImageTopic) -> None:
        entities = self._subscriptions[topic] = RosEntities(self._node)

        def receive(data: bytes) -> None:
            if topic != self._chosen:
                if time.monotonic() - self._last_image_sec < SILENT_TOPIC_SEC:
                    return
                self._choose(topic)
            self._last_image_sec = time.monotonic()
            self._on_image(topic.kind, data)

        def refuse(info: QoSRequestedIncompatibleQoSInfo) -> None:
            if topic == self._chosen:
                self.incompatible_policy = qos_policy_name_from_kind(info.last_policy_kind).lower()
                self._on_incompatible(self.incompatible_policy)
        try:
            entities.subscription(
                topic.kind, topic.name, receive, self._qos, raw=True,
                event_callbacks=SubscriptionEventCallbacks(incompatible_qos=refuse))
        except Exception:
            del self._subscriptions[topic]
            raise

    def close(self) -> None:
        """Unsubscribe."""
        for entities in self._subscriptions.values():
            entities.close()
        self._subscriptions.clear()
        self._chosen = self.incompatible_policy = None
