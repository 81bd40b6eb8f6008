def words(count):
    return [f"old {number}" for number in range(count)]
