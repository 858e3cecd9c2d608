"""Emit windows of events so that readers get each event exactly once, whenever the process is killed.

A producer, such as a replay, makes windows of rows. A sink takes them: a folder in which files appear
(`folder`), or a stream of bytes (`stream`). Both implement one protocol (`sink`), and every producer uses it
in the same steps (`emission`): open the sink; then stage, commit and release each window.

Each producer keeps one state file. It says how far the producer has come, and has the `SinkState` too: so one
atomic replacement of the file commits both.
"""
