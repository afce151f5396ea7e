"""What a run leaves for people: the page, the model card, the table on the terminal."""
