"""Captures as regression tests under pytest; `plugin` is what pytest loads, `ike` what tests in Python use.

Nothing is imported here: pytest loads the plugin in every session where ikepcap is installed.
"""
