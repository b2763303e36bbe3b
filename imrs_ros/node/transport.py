"""Which topic a camera's images come from, raw or compressed: chosen from the graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

COMPRESSED_SUFFIX = '/compressed'
"""Of the topic on which image_transport publishes JPEG and PNG images."""


@dataclass(frozen=True, slots=True)
class ImageTopic:
    """A topic that may carry a camera's images."""

    name: str
    """Name to subscribe to."""
    kind: type[Image] | type[CompressedImage]
    """Its message."""


def image_topics(topic: str, transport: str) -> tuple[ImageTopic, ...]:
    """
    List the topics that may carry a camera's images.

    :param topic: an image topic; one that ends in /compressed is compressed whatever the
        transport.
    :param transport: ``auto``, ``raw`` or ``compressed``.
    :return: the topics, the preferred one first.
    """
    raw = ImageTopic(topic, Image)
    if topic.endswith(COMPRESSED_SUFFIX):
        return (ImageTopic(topic, CompressedImage),)
    compressed = ImageTopic(topic + COMPRESSED_SUFFIX, CompressedImage)
    if transport == 'raw':
        return (raw,)
    if transport == 'compressed':
        return (compressed,)
    # Some drivers publish compressed images without the suffix.
    return raw, compressed, ImageTopic(topic, CompressedImage)


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
