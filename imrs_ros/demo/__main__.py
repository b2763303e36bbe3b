"""``python -m imrs_ros.demo``, or ``ros2 run imrs_ros demo``."""

from imrs_ros.demo.demo import main

if __name__ == '__main__':
    main()
