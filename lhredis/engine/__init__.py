"""engine: decides what every event does to a WfRun. Pure: no I/O, no clock, no random, no log."""
