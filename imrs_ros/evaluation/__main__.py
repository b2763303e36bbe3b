"""``python -m imrs_ros.evaluation``."""

from imrs_ros.evaluation.command import main

if __name__ == '__main__':
    main()
