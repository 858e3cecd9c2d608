"""The small datasets of the replay's tests."""

from tests.replaying.conftest import dataset, index, utc_dataset

__all__ = ["dataset", "index", "utc_dataset"]
