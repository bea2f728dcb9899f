"""Play one side of a negotiation: an IKEv1 initiator and a responder without sockets or clocks of their own.

    initiator = Initiator(policy, path, secrets.token_bytes)
    for action in initiator.start(now_ns): ...

An engine is told what arrived and what time it is, and answers with actions (`actions`). `memory` joins two
of them in virtual time, `transport` puts one on UDP, and `safety` decides what may be sent to whom.
"""
