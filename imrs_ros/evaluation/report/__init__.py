"""
Results for machines and people: ``report.json``, and a page that draws it.

Start at ``build``. It may import ``offline``, ``metrics`` and the shared modules.
"""
