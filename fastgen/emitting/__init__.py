"""Put files of events where readers see each event exactly once."""
