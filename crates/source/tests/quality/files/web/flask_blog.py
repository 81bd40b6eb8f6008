# A very small blog. Posts are Markdown files with a header of "Key: value" lines.
import os
import re
from datetime import datetime

import markdown
from flask import Flask, Response, abort, render_template, request
from markupsafe import Markup

POSTS_DIR = os.path.join(os.path.dirname(__file__), "posts")
PER_PAGE = 10

app = Flask(__name__)


class Post:
    def __init__(self, slug, meta, text):
        self.slug = slug
        self.title = meta.get("title", slug)
        self.date = datetime.strptime(meta["date"], "%Y-%m-%d")
        self.tags = [t.strip() for t in meta.get("tags", "").split(",") if t.strip()]
        self.text = text
        self.previous = None
        self.next = None

    def html(self):
        text = self.text
        for function in app.config.get("TEXT_FILTERS", []):  # loop: no text
            text = function(text)
        return Markup(markdown.markdown(text, extensions=["fenced_code", "tables"]))

    def summary(self, words=40):
        plain = re.sub(r"[#*_`>\[\]]", "", self.text)
        return " ".join(plain.split()[:words]) + " ..."

    def matches(self, query):
        return query.lower() in (self.title + " " + self.text).lower()


def parse_header(lines):
    meta = {}
    for line in lines:  # loop: yes
        if ":" in line:
            key, value = line.split(":", 1)
            meta[key.strip().lower()] = value.strip()
    return meta


def load_post(filename):
    path = os.path.join(POSTS_DIR, filename)
    with open(path, encoding="utf-8") as f:
        header, _, text = f.read().partition("\n\n")
    return Post(filename[:-3], parse_header(header.splitlines()), text)


def load_posts():
    posts = []
    for filename in os.listdir(POSTS_DIR):  # loop: yes
        if filename.endswith(".md"):
            posts.append(load_post(filename))
    posts.sort(key=lambda p: p.date, reverse=True)
    link_neighbours(posts)
    return posts


def link_neighbours(posts):
    newer = None
    for post in posts:  # loop: no newer
        post.next = newer
        if newer is not None:
            newer.previous = post
        newer = post


def all_tags(posts):
    names = {tag for post in posts for tag in post.tags}
    result = []
    for name in sorted(names):  # loop: yes
        result.append((name, len([p for p in posts if name in p.tags])))
    return result


def find_post(slug):
    if not re.fullmatch(r"[\w-]+", slug):
        abort(404)
    if not os.path.exists(os.path.join(POSTS_DIR, slug + ".md")):
        abort(404)
    return load_post(slug + ".md")


@app.route("/")
def index():
    page = request.args.get("page", 1, type=int)
    posts = load_posts()
    start = (page - 1) * PER_PAGE
    return render_template("index.html", posts=posts[start:start + PER_PAGE], page=page, more=len(posts) > start + PER_PAGE)


@app.route("/post/<slug>")
def show_post(slug):
    post = find_post(slug)
    return render_template("post.html", post=post, body=post.html())


@app.route("/tag/<name>")
def by_tag(name):
    posts = [p for p in load_posts() if name in p.tags]
    if not posts:
        abort(404)
    return render_template("tag.html", name=name, posts=posts)


@app.route("/search")
def search():
    query = request.args.get("q", "").strip()
    hits = [p for p in load_posts() if p.matches(query)] if query else []  # loop: yes
    return render_template("search.html", query=query, hits=hits)


@app.route("/tags")
def tags():
    return render_template("tags.html", tags=all_tags(load_posts()))


@app.route("/feed.xml")
def feed():
    entries = [(p.title, p.slug, p.date, p.summary()) for p in load_posts()[:20]]  # loop: yes
    xml = render_template("feed.xml", entries=entries)
    return Response(xml, mimetype="application/atom+xml")


if __name__ == "__main__":
    app.run(port=8000, debug=True)
