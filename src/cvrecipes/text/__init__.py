"""Text: alphabets, named steps, and the normalizer made of them."""
