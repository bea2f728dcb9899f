"""A second opinion: what tshark reads in the same capture, compared field by field."""
