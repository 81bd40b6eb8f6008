import faulthandler
import os
faulthandler.enable()


def crash(x):
    os.abort()


for x in range(1):
    crash(x)
