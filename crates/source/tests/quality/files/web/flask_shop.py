import os
import smtplib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from email.mime.text import MIMEText

import requests
from flask import Flask, abort, g, jsonify, redirect, render_template, request, session, url_for

app = Flask(__name__)
app.secret_key = os.environ.get("SECRET_KEY", "dev")
executor = ThreadPoolExecutor(4)  # expect: RL401

DATABASE = "shop.db"
CARRIERS = {
    "post": "https://post.example.com/api/rate",
    "fast": "https://fast.example.com/v1/quote",
    "green": "https://green.example.com/price",
}


def get_db():
    if "db" not in g:
        g.db = sqlite3.connect(DATABASE)
        g.db.row_factory = sqlite3.Row
    return g.db


@app.teardown_appcontext
def close_db(exc):
    db = g.pop("db", None)
    if db is not None:
        db.close()


def send_receipt(address, order_id, total):
    msg = MIMEText("Thank you for order %d (%.2f EUR)." % (order_id, total))
    msg["Subject"] = "Your order"
    msg["From"] = "shop@example.com"
    msg["To"] = address
    with smtplib.SMTP("localhost") as smtp:
        smtp.send_message(msg)


def fetch_rate(carrier, weight):
    r = requests.get(CARRIERS[carrier], params={"weight": weight}, timeout=5)  # expect: RL313
    r.raise_for_status()
    return r.json()["price"]


def load_cart():
    cart = session.get("cart", {})
    rows = get_db().execute("SELECT * FROM products").fetchall()
    by_id = {str(row["id"]): row for row in rows}
    lines = []
    for product_id, quantity in cart.items():  # loop: yes
        row = by_id.get(product_id)
        if row is not None:
            lines.append({"id": row["id"], "name": row["name"], "price": row["price"], "weight": row["weight"], "quantity": quantity})
    return lines


def cart_total(lines):
    return sum(line["price"] * line["quantity"] for line in lines)


@app.route("/")
def index():
    products = get_db().execute("SELECT * FROM products ORDER BY name").fetchall()
    return render_template("index.html", products=products)


@app.route("/cart")
def show_cart():
    lines = load_cart()
    return render_template("cart.html", lines=lines, total=cart_total(lines))


@app.route("/cart/add/<int:product_id>", methods=["POST"])
def add_to_cart(product_id):
    cart = session.get("cart", {})
    key = str(product_id)
    cart[key] = cart.get(key, 0) + int(request.form.get("quantity", 1))
    session["cart"] = cart
    return redirect(url_for("show_cart"))


@app.route("/shipping")
def shipping():
    weight = sum(line["weight"] * line["quantity"] for line in load_cart())
    prices = {}
    with ThreadPoolExecutor(max_workers=3) as pool:  # expect: RL302
        futures = {name: pool.submit(fetch_rate, name, weight) for name in CARRIERS}  # loop: yes
        for name, future in futures.items():  # loop: yes
            try:
                prices[name] = future.result()
            except requests.RequestException:
                prices[name] = None
    return jsonify(prices)


@app.route("/checkout", methods=["POST"])
def checkout():
    lines = load_cart()
    if not lines:
        abort(400)
    total = cart_total(lines)
    email = request.form["email"]
    db = get_db()
    cur = db.execute("INSERT INTO orders (email, total) VALUES (?, ?)", (email, total))
    order_id = cur.lastrowid
    for line in lines:  # loop: no cur
        cur.execute(
            "INSERT INTO order_lines (order_id, product_id, quantity) VALUES (?, ?, ?)",
            (order_id, line["id"], line["quantity"]),
        )
    db.commit()
    session["cart"] = {}
    executor.submit(send_receipt, email, order_id, total)  # expect: RL204
    return render_template("thanks.html", order_id=order_id)


if __name__ == "__main__":
    app.run(debug=True)
