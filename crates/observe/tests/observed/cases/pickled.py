import copy
import pickle


class Point:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x


def shift(point):
    return Point(point.x + 1)


for x in range(3):
    point = shift(Point(x))
    again = pickle.loads(pickle.dumps(point))
    print(again == point, copy.deepcopy(point).x, pickle.dumps(shift))
