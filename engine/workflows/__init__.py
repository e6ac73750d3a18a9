"""The verbs of the engine: where the store, the features, the screening, the model and the planner meet."""
