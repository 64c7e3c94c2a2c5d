"""doctor: looks at a whole deployment, and says what is wrong with it and what to change."""
