# -*- coding: latin-1 -*-
for x in "abc":
    print(x)
