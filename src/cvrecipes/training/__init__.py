"""Training: the model, the batches, the loop and its watchdog."""
