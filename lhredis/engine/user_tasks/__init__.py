"""user_tasks: forms that people fill in: what is asked, of whom, and what time does to them."""
