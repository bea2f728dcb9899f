"""Logs of IKE daemons and boxes: their lines, and the messages that they dump in hexadecimal."""
