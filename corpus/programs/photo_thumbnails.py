"""Make a thumbnail of every photo in a folder."""
import os
import tempfile
import zlib
from pathlib import Path

from PIL import Image, ImageFilter


def make_photos(folder, count=45, size=(1800, 1200)):
    base = Image.effect_noise((size[0] // 8, size[1] // 8), 60).resize(size)
    sky = Image.linear_gradient("L").resize(size)
    for number in range(count):
        tint = Image.new("L", size, 40 + number * 4)
        Image.merge("RGB", (base, sky, tint)).save(os.path.join(folder, f"photo-{number:03d}.jpg"), quality=88)


def thumbnail(path, width=640):
    with Image.open(path) as photo:
        photo.load()
        small = photo.resize((width, photo.height * width // photo.width), Image.Resampling.LANCZOS)
    small = small.filter(ImageFilter.UnsharpMask(2, 120))
    target = path.with_suffix(".webp.thumb")
    small.save(target, "WEBP", quality=80, method=2)
    return target.name, small.size, zlib.crc32(small.tobytes())


def summary(made):
    return f"{len(made)} thumbnails, checksum {zlib.crc32(repr(made).encode()):08x}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        make_photos(folder)
        made = []
        for path in sorted(Path(folder).glob("*.jpg")):
            made.append(thumbnail(path))
    print(summary(made))


if __name__ == "__main__":
    main()
