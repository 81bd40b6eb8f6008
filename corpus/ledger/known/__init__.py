"""What the programs of known truth share."""
