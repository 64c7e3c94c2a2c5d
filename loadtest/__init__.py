"""loadtest: many users at once."""
