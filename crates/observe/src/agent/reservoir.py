"""Keeps the times of a loop's iterations: all of them, or an even part."""

# Samples kept of each loop: written a few times a second, they are not free.
MOST = 4000


class Reservoir:
    """Iterations' ordinals, wall and CPU seconds. When it is full, every other one goes, and from
    then on only every other one comes in."""

    def __init__(self):
        self.stride = 1
        self.indices, self.walls, self.cpus = [], [], []

    def forget(self):
        """Drops all samples."""
        for column in self.columns():
            column.clear()

    def columns(self):
        """What to write: lists of floats."""
        return self.indices, self.walls, self.cpus

    def add(self, first, after, before, end, stolen):
        """Takes in a timed block, whose first iteration has the ordinal `first`: (wall, CPU)
        stamps after each item was fetched, before it was (`None` if that takes no time) and at
        the block's end. Time of ours that fell into an iteration is taken out."""
        ends = (before or after)[1:]
        if len(ends) < len(after):
            ends.append(end)
        stolen = [span for span in stolen if span[1] > after[0][0]]
        for index, (start, stop) in enumerate(zip(after, ends), first):
            if index % self.stride:
                continue
            lost = sum(b - a for a, b in stolen if start[0] <= a and b <= stop[0]) if stolen else 0.0
            self.indices.append(float(index))
            self.walls.append(max(stop[0] - start[0] - lost, 0.0))
            self.cpus.append(max(stop[1] - start[1] - lost, 0.0))
        if len(self.indices) > MOST:
            self.stride *= 2
            for column in self.columns():
                del column[1::2]
