_x = __rl = 1
for __rl_s0__ in range(2):
    print(__rl_s0__)
print(_x, __rl)
