"""Management command: load the supplier's price list.

    python manage.py import_products prices.csv --supplier acme [--dry-run]
"""
from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from catalogue.models import Product, Supplier

BATCH = 500


@dataclass
class Line:
    sku: str
    name: str
    price: Decimal
    stock: int


class BadLine(ValueError):
    pass


def parse_price(text: str) -> Decimal:
    try:
        price = Decimal(text.strip().replace("€", "").replace(",", "."))
    except InvalidOperation:
        raise BadLine(f"price {text!r}") from None
    if price <= 0:
        raise BadLine(f"price {price} is not positive")
    return price.quantize(Decimal("0.01"))


def parse_line(raw: dict[str, str]) -> Line:
    sku = raw.get("sku", "").strip().upper()
    if not sku:
        raise BadLine("no article number")
    try:
        stock = int(raw.get("stock") or 0)
    except ValueError:
        raise BadLine(f"stock {raw.get('stock')!r}") from None
    return Line(sku=sku, name=raw["name"].strip(), price=parse_price(raw["price"]), stock=stock)


class Command(BaseCommand):
    help = "Create and update products from a CSV price list."

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path)
        parser.add_argument("--supplier", required=True)
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args, **options):
        path = options["path"]
        if not path.exists():
            raise CommandError(f"{path} does not exist")
        try:
            supplier = Supplier.objects.get(code=options["supplier"])
        except Supplier.DoesNotExist:
            raise CommandError(f"no supplier {options['supplier']!r}") from None

        lines, errors = self.read(path)
        if errors:
            self.stderr.write("\n".join(errors))
        created, changed = self.split(supplier, lines)
        self.stdout.write(f"{len(created)} new, {len(changed)} changed, {len(errors)} bad lines")
        if options["dry_run"]:
            return
        with transaction.atomic():
            Product.objects.bulk_create(created, batch_size=BATCH)
            Product.objects.bulk_update(changed, ["name", "price", "stock"], batch_size=BATCH)
        self.stdout.write(self.style.SUCCESS("done"))

    def read(self, path: Path) -> tuple[list[Line], list[str]]:
        lines: list[Line] = []
        errors: list[str] = []
        with path.open(newline="", encoding="utf-8") as fh:
            for number, raw in enumerate(csv.DictReader(fh), start=2):  # loop: yes
                try:
                    lines.append(parse_line(raw))
                except BadLine as exc:
                    errors.append(f"line {number}: {exc}")
        return lines, errors

    def split(self, supplier, lines: list[Line]):
        existing = {p.sku: p for p in Product.objects.filter(supplier=supplier)}
        created: list[Product] = []
        changed: list[Product] = []
        used_slugs = set(Product.objects.values_list("slug", flat=True))
        for line in lines:  # loop: no used_slugs
            product = existing.get(line.sku)
            if product is None:
                slug = self.free_slug(line.name, used_slugs)
                used_slugs.add(slug)
                created.append(
                    Product(supplier=supplier, sku=line.sku, slug=slug, name=line.name, price=line.price, stock=line.stock)
                )
            elif (product.name, product.price, product.stock) != (line.name, line.price, line.stock):
                product.name = line.name
                product.price = line.price
                product.stock = line.stock
                changed.append(product)
        return created, changed

    def free_slug(self, name: str, used: set[str]) -> str:
        base = slugify(name)[:40] or "product"
        slug = base
        number = 2
        while slug in used:
            slug = f"{base}-{number}"
            number += 1
        return slug
