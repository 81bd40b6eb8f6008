# %%
# Topics in the support tickets. Exported from the notebook, run as a script on the server.
import glob
import json
import math
import multiprocessing
import re
from collections import Counter

import numpy as np
from joblib import Parallel, delayed

STOP = set(open("stopwords.txt").read().split())
WORD = re.compile(r"[a-zäöüß]{3,}")

# %%
def read_ticket(path):
    with open(path, encoding="utf-8") as f:
        ticket = json.load(f)
    return ticket["title"], ticket["body"]


tickets = []
for path in sorted(glob.glob("tickets/*.json")):  # loop: yes
    tickets.append(read_ticket(path))
titles = [title for title, _ in tickets]
docs = [body for _, body in tickets]
print(len(docs), "tickets")

# %%
pool = multiprocessing.Pool(4)  # expect: RL201
lowered = pool.map(str.lower, titles)  # expect: RL103
pool.close()
pool.join()
Counter(lowered).most_common(10)

# %%
ENDING = re.compile(r"(?<=...)(ungen|ung|en|er|es|e|s)$")


def stem(word):
    return ENDING.sub("", word)


def tokenise(text):
    words = WORD.findall(text.lower())
    return [stem(w) for w in words if w not in STOP]  # loop: yes


tokens = Parallel(n_jobs=-1)(delayed(tokenise)(text) for text in docs)  # loop: yes

# %%
def bigrams(words):
    result = []
    previous = None
    for word in words:  # loop: no previous
        if previous is not None:
            result.append(previous + "_" + word)
        previous = word
    return result


pairs = Counter(pair for words in tokens for pair in bigrams(words))  # loop: yes
frequent = {pair for pair, n in pairs.items() if n >= 20}
print(sorted(frequent)[:20])

# %%
document_frequency = Counter(word for words in tokens for word in set(words))
vocabulary = sorted(w for w, n in document_frequency.items() if 5 <= n <= len(docs) / 2)
index = {word: i for i, word in enumerate(vocabulary)}


def idf(word):
    return math.log(len(docs) / document_frequency[word])


weights = np.array([idf(word) for word in vocabulary])  # loop: yes


def vector(words):
    v = np.zeros(len(vocabulary))
    counts = Counter(w for w in words if w in index)
    for word, n in counts.items():  # loop: yes
        v[index[word]] = n
    return v * weights


# %%
matrix = np.array([vector(words) for words in tokens])  # loop: yes
norms = np.linalg.norm(matrix, axis=1)
matrix = matrix[norms > 0] / norms[norms > 0][:, None]

parts = np.array_split(matrix, 16)
for number, part in enumerate(parts):  # loop: yes
    np.save("blocks/%02d.npy" % number, part)

# %%
def explained(path):
    block = np.load(path)
    _, s, _ = np.linalg.svd(block - block.mean(axis=0), full_matrices=False)
    total = (s ** 2).sum()
    shares = []
    for k in (2, 5, 10, 20):  # loop: yes
        shares.append((s[:k] ** 2).sum() / total)
    return shares


paths = sorted(glob.glob("blocks/*.npy"))
shares = Parallel(n_jobs=4)(delayed(explained)(p) for p in paths)  # loop: yes
print(np.mean(shares, axis=0))

# %%
# power iteration for the main direction
v = np.ones(matrix.shape[1])
for _ in range(50):  # loop: no v
    v = matrix.T @ (matrix @ v)
    v = v / np.linalg.norm(v)

top = np.argsort(-v)[:15]
print([vocabulary[i] for i in top])
