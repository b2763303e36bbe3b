"""
How good the recogniser is on recordings, and how late. The modules here are the commands.

Start at ``command``. The commands may import every room below, and ``node`` where they publish or
listen; the rooms below never import the commands.
"""
