"""Tests of the documents as a site, and of the recipes in them."""
