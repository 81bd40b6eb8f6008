"""manage.py rebuild_previews: make the preview pictures of all photos again."""
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from gallery.models import Album, Photo

WIDTHS = [320, 640, 1280]


def preview_path(photo, width):
    folder = Path(settings.MEDIA_ROOT) / "previews" / str(photo.album_id)
    return folder / ("%d_%d.jpg" % (photo.pk, width))


def convert(source, target, width):
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        ["convert", str(source), "-auto-orient", "-resize", "%dx" % width, str(target)],
        check=True,
        timeout=120,
    )


class Command(BaseCommand):
    help = "Rebuild preview pictures"

    def add_arguments(self, parser):
        parser.add_argument("--album", type=int)
        parser.add_argument("--missing", action="store_true")
        parser.add_argument("--prune", action="store_true")

    def handle(self, *args, **options):
        self.done = 0
        self.errors = []
        photos = self.find_photos(options)
        started = time.time()

        pool = ThreadPoolExecutor(max_workers=8)  # expect: RL401
        for photo in photos:  # loop: no self.done
            pool.submit(self.rebuild, photo)  # expect: RL204

        self.stdout.write("%d photos queued in %.1f s" % (len(photos), time.time() - started))
        if options["prune"]:
            self.prune()
        self.set_covers()

    def find_photos(self, options):
        queryset = Photo.objects.select_related("album").order_by("pk")
        if options["album"]:
            queryset = queryset.filter(album_id=options["album"])
        photos = list(queryset)
        if options["missing"]:
            photos = [p for p in photos if not self.complete(p)]  # loop: yes
        return photos

    def complete(self, photo):
        return all(preview_path(photo, w).exists() for w in WIDTHS)  # loop: yes

    def rebuild(self, photo):
        for width in WIDTHS:  # loop: yes
            try:
                convert(photo.file.path, preview_path(photo, width), width)
            except subprocess.SubprocessError as exc:
                self.errors.append((photo.pk, str(exc)))
        self.done += 1  # expect: RL216

    def prune(self):
        """Remove previews of photos that are gone."""
        known = set(Photo.objects.values_list("pk", flat=True))
        root = Path(settings.MEDIA_ROOT) / "previews"
        removed = 0
        for path in root.glob("*/*.jpg"):  # loop: yes
            pk = int(path.stem.split("_")[0])
            if pk not in known:
                path.unlink()
                removed += 1
        self.stdout.write("%d old previews removed" % removed)

    def set_covers(self):
        for album in Album.objects.filter(cover=None):  # loop: yes
            first = album.photos.order_by("taken_at").first()
            if first is not None:
                album.cover = first
                album.save(update_fields=["cover"])
