"""The lab: captures of real IKE daemons in network namespaces, and what is true of each.

`scenario` says what a scenario is and `scenarios/` holds them, `play` runs one in the `network` with the
daemons (`strongswan`, `libreswan`), `packets` reads what was captured at both ends, `truth` says what
happened, from these captures and the daemons' logs, and `facts` writes it down. Nothing here imports ikepcap:
what the lab says of a capture must not come from the program that is tested with it.
"""
