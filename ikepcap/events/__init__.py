"""What Windows would log of a negotiation, and what it did log: records of the Windows Filtering Platform."""
