import multiprocessing
import sys
import time
from pathlib import Path

from PIL import Image

SIZE = (320, 320)
QUALITY = 82


def average_colour(img):
    """Mean colour of a small copy of the picture, used as a placeholder."""
    small = img.convert("RGB").resize((16, 16))
    r = g = b = 0
    for pr, pg, pb in small.getdata():  # loop: yes
        r += pr
        g += pg
        b += pb
    n = 16 * 16
    return "#%02x%02x%02x" % (r // n, g // n, b // n)


def is_too_dark(img, limit=40):
    grey = img.convert("L")
    histogram = grey.histogram()
    total = sum(histogram)
    weighted = sum(level * n for level, n in enumerate(histogram))
    return weighted / total < limit


def brighten(img):
    table = [min(255, int(i * 1.4)) for i in range(256)]
    return img.point(table * len(img.getbands()))


def make_thumbnail(path, dest):
    with Image.open(path) as img:
        if is_too_dark(img):
            img = brighten(img)
        colour = average_colour(img)
        img.thumbnail(SIZE)
        target = dest / (path.stem + ".webp")
        img.save(target, "WEBP", quality=QUALITY)
    return target.name, colour


def missing(source, dest):
    todo = []
    for path in sorted(source.glob("*.jpg")):  # loop: yes
        target = dest / (path.stem + ".webp")
        if not target.exists() or target.stat().st_mtime < path.stat().st_mtime:
            todo.append(path)
    return todo


def remove_orphans(source, dest):
    removed = 0
    for thumb in dest.glob("*.webp"):  # loop: yes
        if not (source / (thumb.stem + ".jpg")).exists():
            thumb.unlink()
            removed += 1
    return removed


def write_index(dest):
    names = sorted(p.name for p in dest.glob("*.webp"))
    with open(dest / "index.html", "w") as out:
        out.write("<!doctype html>\n<title>Pictures</title>\n")
        for name in names:  # loop: no out
            out.write('<img src="%s" loading="lazy">\n' % name)


def main():
    source = Path(sys.argv[1])
    dest = Path(sys.argv[2])
    dest.mkdir(parents=True, exist_ok=True)

    todo = missing(source, dest)
    started = time.time()

    pool = multiprocessing.Pool(multiprocessing.cpu_count())  # expect: RL305
    jobs = []
    for path in todo:  # loop: yes
        jobs.append(pool.apply_async(make_thumbnail, (path, dest)))  # expect: RL107
    pool.close()
    pool.join()

    print("%d thumbnails in %.1f s" % (len(jobs), time.time() - started))
    print("removed", remove_orphans(source, dest))
    write_index(dest)


if __name__ == "__main__":
    main()
