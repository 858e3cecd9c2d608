"""Template folders of universes."""
