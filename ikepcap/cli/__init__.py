"""The command line: the only place that prints and that reads the terminal, the environment and the clock."""
