"""api: the HTTP API: requests become commands for the stepper, or reads; app.py lists every URL."""
