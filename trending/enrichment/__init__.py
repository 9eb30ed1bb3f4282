"""What a language model adds to a title, checked before it is believed: summary, vibe score, tags, genres."""
