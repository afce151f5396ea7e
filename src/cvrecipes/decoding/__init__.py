"""Decoding: from audio to text with a trained model."""
