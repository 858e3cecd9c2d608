"""Road networks: built-in, imported, downloaded, and the routes over them."""
