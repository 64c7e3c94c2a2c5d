"""stepper: the imperative shell around the engine: load, step, commit, again when stale."""
