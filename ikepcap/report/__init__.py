"""The report: what the analysis concluded, as frozen values with a fixed JSON shape."""
