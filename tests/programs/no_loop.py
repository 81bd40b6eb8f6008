import json

print(json.dumps({"numbers": [1, 2, 3]}))
