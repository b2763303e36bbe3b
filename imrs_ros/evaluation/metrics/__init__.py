"""
How good the decisions are: frame, segment and event metrics, each with its paper.

Start at ``track``, then ``figures``. It may import ``ground_truth`` and the shared modules.
"""
