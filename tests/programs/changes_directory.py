import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for number in range(20):
        with open(f"{number}.txt", "w") as file:
            file.write("x" * number)
    print(sorted(os.listdir("."))[:3], os.getcwd() == os.path.realpath(folder))
    os.chdir("/")
