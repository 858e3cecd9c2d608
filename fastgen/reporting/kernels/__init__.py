"""Kernels that count orders, and measure routes."""
