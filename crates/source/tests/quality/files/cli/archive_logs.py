import argparse
import gzip
import json
import multiprocessing
import shutil
import subprocess
import threading
import time
from pathlib import Path

state_lock = threading.Lock()


def parse_args():
    p = argparse.ArgumentParser(description="pack old log files and copy them to the archive")
    p.add_argument("folder", type=Path)
    p.add_argument("--archive", type=Path, default=Path("/srv/archive"))
    p.add_argument("--days", type=int, default=14)
    p.add_argument("--host", default="")
    p.add_argument("--state", type=Path, default=Path("archive_state.json"))
    p.add_argument("--after", action="append", default=[], help="shell command to run afterwards")
    p.add_argument("--sync", action="store_true", help="run sync(1) afterwards")
    return p.parse_args()


def old_files(folder, days):
    limit = time.time() - days * 86400
    result = []
    for path in sorted(folder.glob("*.log")):  # loop: yes
        if path.stat().st_mtime < limit:
            result.append(path)
    return result


def wanted(line):
    # debug lines are not archived, and neither are health checks
    if " DEBUG " in line:
        return False
    return "/healthz" not in line


def without_repeats(lines):
    """Replace runs of the same message by one line and a number."""
    result = []
    last = None
    repeats = 0
    for line in lines:  # loop: no last
        message = line[24:]
        if message == last:
            repeats += 1
            continue
        if repeats:
            result.append("    (repeated %d times)\n" % repeats)
        repeats = 0
        last = message
        result.append(line)
    return result


def pack(path):
    with open(path, errors="replace") as source:
        lines = [line for line in source if wanted(line)]  # loop: yes
    target = path.with_suffix(".log.gz")
    with gzip.open(target, "wt") as packed:
        packed.writelines(without_repeats(lines))
    return str(target), target.stat().st_size


def pack_all(paths):
    with multiprocessing.Pool(4) as pool:
        result = pool.map_async(pack, paths)
    return result.get()  # expect: RL404


def copy_to_archive(archive, targets):
    archive.mkdir(parents=True, exist_ok=True)
    for target in targets:  # loop: yes
        shutil.copy2(target, archive)


def send_to_host(host):
    subprocess.run(["rsync", "-a", "/srv/archive/", host + ":/backup/logs/"], check=True)


def save_state(path, packed):
    state_lock.acquire()  # expect: RL222
    state = json.loads(path.read_text()) if path.exists() else {}
    state.update(dict(packed))
    path.write_text(json.dumps(state, indent=1, sort_keys=True))
    state_lock.release()


def size_table(packed):
    lines = []
    running = 0
    for name, size in packed:  # loop: no running
        running += size
        lines.append("%-50s %10d %12d" % (Path(name).name, size, running))
    return "\n".join(lines)


def main():
    args = parse_args()
    paths = old_files(args.folder, args.days)
    if not paths:
        print("nothing to do")
        return

    packed = pack_all(paths)
    copy_to_archive(args.archive, [name for name, _ in packed])

    sender = None
    if args.host:
        sender = threading.Thread(target=send_to_host, args=(args.host))  # expect: RL225
        sender.start()

    save_state(args.state, packed)
    for path in paths:  # loop: yes
        path.unlink()
    print(size_table(packed))

    if sender is not None:
        sender.join()
    for command in args.after:  # loop: unknown
        subprocess.run(command, shell=True)
    if args.sync:
        subprocess.Popen(["sync"])  # expect: RL406


if __name__ == "__main__":
    main()
