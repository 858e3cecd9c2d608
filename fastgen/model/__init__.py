"""Arrays and parameters, checked once: what the floors above compute on."""
