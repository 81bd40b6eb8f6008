"""mirror: download the files of a list, keep a manifest, tell the desktop."""
import asyncio
import hashlib
import json
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import httpx


def target_name(url):
    name = unquote(urlsplit(url).path.rsplit("/", 1)[-1])
    return name or "index.html"


def read_urls(path):
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def assign_targets(urls, folder):
    """Equal names get a number, in the order of the list."""
    taken = {}
    targets = []
    for url in urls:  # loop: split target_name taken
        name = target_name(url)
        taken[name] = taken.get(name, 0) + 1
        if taken[name] > 1:
            name = "%d_%s" % (taken[name], name)
        targets.append(folder / name)
    return targets


async def download(client, limit, url, target):
    async with limit:
        response = await client.get(url)
    if response.status_code != 200:
        return {"url": url, "status": response.status_code}
    target.write_bytes(response.content)
    digest = hashlib.sha256(response.content).hexdigest()
    return {"url": url, "status": 200, "file": target.name, "sha256": digest}


async def download_all(urls, targets, parallel):
    limit = asyncio.Semaphore(parallel)
    async with httpx.AsyncClient(timeout=60, follow_redirects=True) as client:
        jobs = [download(client, limit, u, t) for u, t in zip(urls, targets)]  # loop: yes
        return await asyncio.gather(*jobs)


async def probe(client, limit, url):
    async with limit:
        response = await client.head(url)
    return int(response.headers.get("content-length", 0))


async def total_size(urls):
    limit = asyncio.Semaphore(20)
    async with httpx.AsyncClient(timeout=20) as client:
        sizes = await asyncio.gather(*[probe(client, limit, u) for u in urls])  # loop: yes
    return sum(sizes)


def write_manifest(folder, results):
    good = [r for r in results if r["status"] == 200]
    (folder / "manifest.json").write_text(json.dumps(good, indent=2))


def write_failures(folder, results):
    bad = ["%s %s" % (r["status"], r["url"]) for r in results if r["status"] != 200]
    (folder / "failed.txt").write_text("\n".join(bad))


async def write_reports(folder, results):
    await asyncio.gather(  # expect: RL106
        asyncio.to_thread(write_manifest, folder, results),
        asyncio.to_thread(write_failures, folder, results),
    )


async def run(urls, folder, parallel, notify):
    targets = assign_targets(urls, folder)
    size = asyncio.run(total_size(urls))  # expect: RL220
    click.echo("%.1f MB to download" % (size / 1e6))
    results = await download_all(urls, targets, parallel)
    await write_reports(folder, results)
    if notify:
        subprocess.run(["notify-send", "mirror", "%d files" % len(results)])  # expect: RL206
    return results


@click.group()
def main():
    """Keep local copies of files on the web."""


@main.command()
@click.argument("url_list", type=click.Path(exists=True, path_type=Path))
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--parallel", "-p", default=6, show_default=True)
@click.option("--notify", is_flag=True)
def get(url_list, folder, parallel, notify):
    """Download everything in URL_LIST to FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    results = asyncio.run(run(read_urls(url_list), folder, parallel, notify))
    for result in results:  # loop: yes
        if result["status"] != 200:
            click.echo("%(status)d  %(url)s" % result, err=True)


def is_intact(folder, record):
    path = folder / record["file"]
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
def verify(folder):
    """Compare the files with the manifest."""
    records = json.loads((folder / "manifest.json").read_text())
    broken = []
    for record in records:  # loop: yes
        if not is_intact(folder, record):
            broken.append(record["file"])
    click.echo("\n".join(broken) or "%d files are intact" % len(records))
    raise SystemExit(1 if broken else 0)


if __name__ == "__main__":
    main()
