"""Whether a camera's raw or compressed images are taken: found from the graph."""

from collections.abc import Sequence
from dataclasses import dataclass

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

COMPRESSED_SUFFIX = '/compressed'
"""Of the topic that image_transport publishes JPEG and PNG images on."""


@dataclass(frozen=True, slots=True)
class ImageTopic:
    """A topic that a camera may be heard on."""

    topic: str
    """Its name, as it is subscribed to."""
    kind: type[Image] | type[CompressedImage]
    """Its message."""


def topics_of(topic: str, transport: str) -> tuple[ImageTopic, ...]:
    """
    List where a camera may be heard.

    :param topic: an image topic; one that ends in /compressed is compressed whatever the
        transport.
    :param transport: ``auto``, ``raw`` or ``compressed``.
    :return: the sources, the preferred one first.
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
    node: Node, sources: Sequence[ImageTopic], present: ImageTopic | None,
) -> ImageTopic:
    """
    Choose the source that is published; one in use is kept while it is.

    :param node: sees the graph.
    :param sources: as ``topics_of`` gives them.
    :param present: the one in use, or None.
    :return: the first that has a publisher, or else the one in use, or else the first.
    """
    in_use = () if present is None else (present,)
    for source in (*in_use, *sources):
        if is_published(node, source):
            return source
    return present or sources[0]


def is_published(node: Node, source: ImageTopic) -> bool:
    """
    Tell whether someone publishes on a source.

    :param node: sees the graph.
    :param source: the topic and its message.
    :return: whether there is a publisher of that message.
    """
    kind = f'sensor_msgs/msg/{source.kind.__name__}'
    name = node.resolve_topic_name(source.topic)
    return any(info.topic_type == kind for info in node.get_publishers_info_by_topic(name))
