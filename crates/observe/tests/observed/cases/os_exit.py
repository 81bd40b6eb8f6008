import os
for x in range(3):
    print(x, flush=True)
os._exit(7)
