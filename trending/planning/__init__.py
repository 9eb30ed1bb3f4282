"""What jobs ask of a cluster: the same objects plan a job and configure it, so that the two cannot differ."""
