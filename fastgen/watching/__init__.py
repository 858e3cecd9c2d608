"""Watch a folder that a stream fills: a page on this machine with a map and counters, and nothing written.

A `Folder` takes the files that appear (`folder`, `files`), `rows` reads what stands in them, and `Stream`
keeps what the page shows: a clock, orders, places and their ways, and what was wrong (`stream`,
`stream_clock`, `places`, `ways`). `Watch` does so step by step and makes a message of what each step has
changed (`messages`); `server` gives them to browsers, each as fast as it reads.
"""
