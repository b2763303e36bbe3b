"""
Accuracy and delay of the recognizer on recordings: the commands, and what they share.

Start at ``command``. The modules here may import every room below, and ``node`` where they publish
or subscribe; the rooms below never import them.
"""
