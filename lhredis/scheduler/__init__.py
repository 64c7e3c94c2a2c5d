"""scheduler: the process that feeds the stepper with what happens by itself. Holds nothing that matters."""
