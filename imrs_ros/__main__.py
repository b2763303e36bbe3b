"""The node's process: ``python -m imrs_ros``, or ``ros2 run imrs_ros recognizer``."""

from imrs_ros.malloc import use_one_heap
from imrs_ros.node.shutdown import end_on_signals


def main(args: list[str] | None = None) -> None:
    """
    Run the node until SIGINT or SIGTERM.

    :param args: command line; default that of the process.
    """
    try:
        end_on_signals()
        use_one_heap()
        # Imported here because it takes a while, and a signal must end that, too.
        from imrs_ros.node.recognizer_node import run
        run(args)
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
