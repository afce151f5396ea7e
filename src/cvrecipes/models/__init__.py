"""Models: what differs between encoders, the CTC classes, devices, batches, the Hub."""
