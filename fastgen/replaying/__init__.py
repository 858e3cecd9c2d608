"""Play a dataset as a stream: windows of events, each exactly once."""
