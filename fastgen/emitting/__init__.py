"""Emit windows of events so that readers get each event exactly once, whenever the process is killed.

A producer makes windows of rows, such as a replay of a dataset. A sink takes them: a folder that files appear
in (`folder`), or a stream of bytes (`stream`). Both have one protocol (`sink`), and `emission` has the steps
in which every producer uses it: open the sink, then for each window stage, commit, release.

The producer has one state file, in a format of its own. It says how far the producer has come and, beside
that, the `SinkState`: one atomic replacement of the file commits both.
"""
