# %% [markdown]
# # Heat equation on a rod
# Explicit and implicit scheme, and a study of the step size.

# %%
from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# %%
@dataclass(frozen=True)
class Rod:
    length: float = 1.0
    points: int = 201
    alpha: float = 1.0e-3
    t_end: float = 5.0
    dt: float = 2.0e-3

    @property
    def dx(self) -> float:
        return self.length / (self.points - 1)

    @property
    def number(self) -> float:
        return self.alpha * self.dt / self.dx**2

    def start(self) -> Array:
        x = np.linspace(0.0, self.length, self.points)
        return np.exp(-200.0 * (x - 0.4) ** 2)


rod = Rod()
print("mesh number:", rod.number)

# %%
def explicit(rod: Rod) -> Array:
    u = rod.start()
    steps = round(rod.t_end / rod.dt)
    for _ in range(steps):  # loop: no u
        u[1:-1] = u[1:-1] + rod.number * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return u


u = explicit(rod)
print("highest temperature:", u.max())

# %%
def thomas(lower: float, middle: float, upper: float, rhs: Array) -> Array:
    """Solve a tridiagonal system with constant diagonals."""
    n = len(rhs)
    c = np.zeros(n)
    d = np.zeros(n)
    c[0] = upper / middle
    d[0] = rhs[0] / middle
    for i in range(1, n):  # loop: no c
        m = middle - lower * c[i - 1]
        c[i] = upper / m
        d[i] = (rhs[i] - lower * d[i - 1]) / m
    x = np.zeros(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):  # loop: no x
        x[i] = d[i] - c[i] * x[i + 1]
    return x


def implicit(rod: Rod) -> Array:
    u = rod.start()
    steps = round(rod.t_end / rod.dt)
    r = rod.number
    for _ in range(steps):  # loop: no u
        u[1:-1] = thomas(-r, 1.0 + 2.0 * r, -r, u[1:-1])
    return u


print("largest difference:", np.abs(explicit(rod) - implicit(rod)).max())

# %% [markdown]
# ## Convergence in time

# %%
reference = explicit(replace(rod, dt=2.5e-4))
errors = {}
for dt in (8e-3, 4e-3, 2e-3, 1e-3):  # loop: yes
    errors[dt] = np.abs(explicit(replace(rod, dt=dt)) - reference).max()

for dt, error in errors.items():  # loop: yes
    print(f"dt={dt:.0e}  error={error:.3e}")

# %%
orders = []
pairs = list(errors.items())
for i in range(1, len(pairs)):  # loop: yes
    (dt1, e1), (dt2, e2) = pairs[i - 1], pairs[i]
    orders.append(np.log(e1 / e2) / np.log(dt1 / dt2))
print("observed orders:", np.round(orders, 2))

# %% [markdown]
# ## Different materials

# %%
MATERIALS = {"copper": 1.11e-4, "steel": 1.2e-5, "glass": 3.4e-7}


def half_life(alpha: float) -> float:
    """Time until the peak has fallen to one half."""
    rod = Rod(alpha=alpha, dt=0.05)
    u = rod.start()
    limit = u.max() / 2
    t = 0.0
    while u.max() > limit and t < 2000.0:
        u[1:-1] = u[1:-1] + rod.number * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        t += rod.dt
    return t


table = {name: half_life(alpha) for name, alpha in MATERIALS.items()}  # loop: yes
for name, seconds in sorted(table.items()):  # loop: yes
    print(f"{name:8s} {seconds:8.1f} s")

# %%
for name, alpha in MATERIALS.items():  # loop: yes
    np.save(f"out/rod_{name}.npy", explicit(Rod(alpha=alpha)))
