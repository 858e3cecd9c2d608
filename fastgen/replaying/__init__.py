"""Play a dataset as a stream of events: windows of its time, emitted as the wall clock reaches them."""
