"""Conversations and states to findings: conclusions, each with the evidence it stands on."""
