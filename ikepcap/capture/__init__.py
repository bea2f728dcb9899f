"""Capture files to datagrams: what may be ISAKMP, with frame, time and endpoints. Looks at no payload."""
