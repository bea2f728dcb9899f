"""What each dialect calls the state of a peer in phase 1: data only, read by `dialects`.

One entry per place a peer can be in:

    mode, role
    progress     the number of the last phase 1 message the peer has handled (sent, or received and
                 accepted); 0: it received MSG1 and refused it
    final        whether a peer in this place has completed the mode
    meaning      the same in words
    then the name in each of DIALECTS, "" where it has none that a source confirms

Sources:

    asa          `show crypto isakmp sa` of ASA and PIX. MM_WAIT_MSGn: the peer has sent message n-1.
    ios          `show crypto isakmp sa` of Cisco IOS; Cisco document 113594 and a public debug trace.
    windows      IKEEXT_MM_SA_STATE of iketypes.h: counts the messages this host has sent. Windows' security
                 log has the same in words: %%8202 sent first (SA), %%8203 second (KE), %%8204 third (ID).
                 IKEEXT does no aggressive mode that a source confirms.
    libreswan    programs/pluto/ikev1_states.c; Openswan has the same names.
    strongswan   libcharon: state of the IKE_SA (sa/ike_sa.h) and in parentheses that of the task
                 (sa/ikev1/tasks/main_mode.c, aggressive_mode.c).
    racoon       src/racoon/handler.h. Its numbers count each side's own messages, not those on the wire.
"""

from typing import Final

DIALECTS: Final[tuple[str, ...]] = ("asa", "ios", "windows", "libreswan", "strongswan", "racoon")

WINDOWS_NUMBER: Final[dict[str, int]] = {
    "IKEEXT_MM_SA_STATE_NONE": 0,
    "IKEEXT_MM_SA_STATE_SA_SENT": 1,
    "IKEEXT_MM_SA_STATE_SSPI_SENT": 2,
    "IKEEXT_MM_SA_STATE_FINAL": 3,
    "IKEEXT_MM_SA_STATE_FINAL_SENT": 4,
    "IKEEXT_MM_SA_STATE_COMPLETE": 5,
}

# fmt: off
STATES: Final[tuple[tuple[str | int, ...], ...]] = (
    ("main", "initiator", 1, False,
     "sent MSG1 (its proposals), waits for MSG2",
     "MM_WAIT_MSG2",  "MM_NO_STATE",          "IKEEXT_MM_SA_STATE_SA_SENT",
     "STATE_MAIN_I1", "CONNECTING (MM_SA)",   "PHASE1ST_MSG1SENT"),
    ("main", "initiator", 3, False,
     "sent MSG3 (key exchange and nonce), waits for MSG4",
     "MM_WAIT_MSG4",  "MM_SA_SETUP",          "IKEEXT_MM_SA_STATE_SSPI_SENT",
     "STATE_MAIN_I2", "CONNECTING (MM_KE)",   "PHASE1ST_MSG2SENT"),
    ("main", "initiator", 5, False,
     "sent MSG5 (its identity and proof, encrypted), waits for MSG6",
     "MM_WAIT_MSG6",  "MM_KEY_EXCH",          "IKEEXT_MM_SA_STATE_FINAL",
     "STATE_MAIN_I3", "CONNECTING (MM_AUTH)", "PHASE1ST_MSG3SENT"),
    ("main", "initiator", 6, True,
     "accepted MSG6: phase 1 is complete",
     "MM_ACTIVE",     "QM_IDLE",              "IKEEXT_MM_SA_STATE_COMPLETE",
     "STATE_MAIN_I4", "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),

    ("main", "responder", 0, False,
     "received MSG1 and refused it",
     "",              "",                     "IKEEXT_MM_SA_STATE_NONE",
     "STATE_MAIN_R0", "",                     "PHASE1ST_MSG1RECEIVED"),
    ("main", "responder", 2, False,
     "sent MSG2 (the proposal it chose), waits for MSG3",
     "MM_WAIT_MSG3",  "MM_SA_SETUP",          "IKEEXT_MM_SA_STATE_SA_SENT",
     "STATE_MAIN_R1", "CONNECTING (MM_SA)",   "PHASE1ST_MSG1SENT"),
    ("main", "responder", 4, False,
     "sent MSG4 (key exchange and nonce), waits for MSG5",
     "MM_WAIT_MSG5",  "MM_KEY_EXCH",          "IKEEXT_MM_SA_STATE_SSPI_SENT",
     "STATE_MAIN_R2", "CONNECTING (MM_KE)",   "PHASE1ST_MSG2SENT"),
    ("main", "responder", 6, True,
     "sent MSG6: phase 1 is complete",
     "MM_ACTIVE",     "QM_IDLE",              "IKEEXT_MM_SA_STATE_COMPLETE",
     "STATE_MAIN_R3", "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),

    ("aggressive", "initiator", 1, False,
     "sent MSG1 (proposals, key exchange, nonce and identity), waits for MSG2",
     "AM_WAIT_MSG2",  "AG_INIT_EXCH",         "",
     "STATE_AGGR_I1", "CONNECTING (AM_AUTH)", "PHASE1ST_MSG1SENT"),
    ("aggressive", "initiator", 3, True,
     "accepted MSG2 and sent MSG3 (its proof): phase 1 is complete",
     "AM_ACTIVE",     "QM_IDLE",              "",
     "STATE_AGGR_I2", "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),

    ("aggressive", "responder", 0, False,
     "received MSG1 and refused it",
     "",              "",                     "",
     "STATE_AGGR_R0", "",                     "PHASE1ST_MSG1RECEIVED"),
    ("aggressive", "responder", 2, False,
     "sent MSG2 (the proposal it chose, key exchange, identity and proof), waits for MSG3",
     "AM_WAIT_MSG3",  "AG_INIT_EXCH",         "",
     "STATE_AGGR_R1", "CONNECTING (AM_AUTH)", "PHASE1ST_MSG1SENT"),
    ("aggressive", "responder", 3, True,
     "accepted MSG3: phase 1 is complete",
     "AM_ACTIVE",     "QM_IDLE",              "",
     "STATE_AGGR_R2", "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),

    # Phase 1 outside the capture, and established all the same: what every mode ends in.
    ("unknown", "initiator", 6, True,
     "phase 1 is complete; it is not in the capture",
     "",              "QM_IDLE",              "",
     "",              "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),
    ("unknown", "responder", 6, True,
     "phase 1 is complete; it is not in the capture",
     "",              "QM_IDLE",              "",
     "",              "ESTABLISHED",          "PHASE1ST_ESTABLISHED"),
)
