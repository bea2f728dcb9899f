"""What the messages of a conversation say about where each peer stands, and each dialect's name for it."""
