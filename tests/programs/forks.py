import os


def work(number):
    return sum(range(number * 1000))


for number in range(3):
    pid = os.fork()
    if pid == 0:
        print("child", number, work(number), flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
print("parent")
