"""specs: what WfSpecs and StructDefs may say, and how one version may differ from the one before."""
