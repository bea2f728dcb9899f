"""Messages to conversations: who talks to whom under which cookies. Has no opinion about right or wrong."""
