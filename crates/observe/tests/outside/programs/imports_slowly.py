"""Spends most of its time importing a module that takes 0.4 s."""
import slow_module

print(slow_module.READY)
