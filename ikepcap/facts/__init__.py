"""Facts: what is true of a capture, written in a file beside it and compared with what the report says.

`NAME.toml` stands beside `NAME.pcap` (or `.pcapng`, `.cap`, each also `.gz`, `.zst`, `.xz`):

    [source]
    origin = "branch office, captured by the firewall's administrator"
    licence = "internal"
    sha256 = "42c7..."              # of the capture file as it is; compared
    reviewed = false                # concluded by a program; a person who has read it deletes this line

    [capture]
    findings = ["ends-early"]       # about the capture as a whole

    [[conversation]]                # one for each negotiation, in the order of their first frames
    initiator = "192.0.2.1"
    outcome = "stalled"
    awaited_message = 6
    silent_peer = "responder"
    responder_asa = "MM_WAIT_MSG5"
    findings = ["peer-went-silent"]
    [[conversation.exchange]]       # quick modes and transactions, in order
    kind = "quick"

Names and values are those of the report (`ikepcap.report.model`); `table` lists them. "none" stands for null.
A fact that is absent is not compared; if there is any `[[conversation]]`, their number is compared too.
`[source]` may say whatever else is known, such as `injected`, the cause of a failure that was provoked, or
the versions of the daemons: nothing of it is compared. An unknown name elsewhere is an error.
"""
