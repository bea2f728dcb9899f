"""Keys that a user has, and what they open: optional decryption of IKEv1 (RFC 2409). Guesses nothing.

`ring` holds what the sources say, `decryptor` opens the messages of one conversation, `sessions` those of a
whole capture. Ciphers come from the package cryptography, which is loaded when a message is opened.
"""
