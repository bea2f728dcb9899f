"""Bytes to structure: ISAKMP messages, payloads and attributes. No I/O, no clock, no state."""
