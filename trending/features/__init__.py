"""What models see: the document text and what is computed from it, the same in training and in serving."""
