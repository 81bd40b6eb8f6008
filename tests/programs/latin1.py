# -*- coding: latin-1 -*-
words = ["café", "naïve"]
for word in words:
    print(ascii(word))
