"""
What a recording shows: annotations, their files, and the check of them.

Start at ``annotation``. It may import ``recordings`` and the shared modules.
"""
