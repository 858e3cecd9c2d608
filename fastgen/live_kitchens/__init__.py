"""Run a kitchen that lives now: its history up to this minute, then its orders as they happen.

A config file (JSON) describes one kitchen (`config`). `places` finds where it is, and `scenario` makes the
scenario that the config stands for: any of its days can then be made alone, like those of every scenario.
"""
