"""A capture made fit to be given away: the same negotiations, between others.

What is not understood is not let through. Every frame is written anew into zeros of its own length, and only
what is known to say nothing about anybody is copied: lengths, types, algorithms, ports, TTLs, vendor IDs that
are known.
Addresses, cookies and all that identifies are replaced, the same by the same. What cannot be read because it
is encrypted is replaced by random octets: keys may turn up later, and who holds another copy of the capture
could find its place.

`names` decides what stands for what; `message` rewrites ISAKMP, `frame` what is around it, `survey` reads the
capture for what has to be known before the first frame is written, `run` does it all.
"""
