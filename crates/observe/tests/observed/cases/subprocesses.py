import os
import subprocess
import sys
if len(sys.argv) > 1:
    for x in range(2):
        print("again", x, sys.argv[1:], [k for k in os.environ if "rightlane" in k.lower()])
    sys.exit(9)
for x in range(2):
    done = subprocess.run([sys.executable, sys.argv[0], str(x)], capture_output=True, text=True)
    print(done.stdout, done.returncode)
    print(subprocess.run([sys.executable, "-c", "import sys; print(sys.flags.optimize, sys.path[0] == '')"]).returncode)
done = subprocess.run("exit 4", shell=True)
print(done.returncode)
