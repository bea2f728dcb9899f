"""What finding codes and states mean, told at length: the pages of `ikepcap explain`."""
