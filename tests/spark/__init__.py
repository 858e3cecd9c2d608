"""Tests of fastgen/spark: readers called as Spark calls them, and a real local Spark."""
