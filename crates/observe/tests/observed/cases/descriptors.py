import os
for x in range(30):
    fd = os.open("/dev/null", os.O_RDONLY)
    print(fd, end=" ")
print(sorted(os.listdir("/proc/self/fd"))[:5])
