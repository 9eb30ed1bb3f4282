"""What the data is like: profiles, checks that stop bad data, and the data card."""
