"""
What the decisions are worth: frame, segment and event metrics, each with its paper.

Start at ``track``, then ``figures``. It may import ``ground_truth`` and the shared modules.
"""
