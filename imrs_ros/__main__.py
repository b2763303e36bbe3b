"""The node's process: ``python -m imrs_ros``, or ``ros2 run imrs_ros recognizer``."""

from imrs_ros.process_end import end_on_signals
from imrs_ros.process_memory import use_one_heap


def main(args: list[str] | None = None) -> None:
    """
    Run the node until SIGINT or SIGTERM.

    :param args: the command line; default that of the process.
    """
    try:
        end_on_signals()
        use_one_heap()
        # Takes a while, too.
        from imrs_ros.recognizer_node import run
        run(args)
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
