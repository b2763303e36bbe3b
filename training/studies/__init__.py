"""
Many runs from one YAML file, their results and the tables of ``docs/results.md``.

Start at ``plan``. It may import ``training.config``, ``clips``, ``learning`` and ``scoring``.
"""
