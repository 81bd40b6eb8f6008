"""What the corpus commands share: stored truth, timed runs, asking Rightlane,
variant names, scores and tables."""
