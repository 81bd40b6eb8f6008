# Scrape the catalogue of a practice book shop and save it as CSV.
import csv
import time

import requests
from bs4 import BeautifulSoup

BASE = "https://books.example.com/catalogue/"
WORDS = {"One": 1, "Two": 2, "Three": 3, "Four": 4, "Five": 5}


def get_price(tag):
    text = tag.find("p", class_="price_color").text
    return float(text.replace("£", "").replace("Â", ""))


def get_rating(tag):
    classes = tag.find("p", class_="star-rating")["class"]
    return WORDS[classes[1]]


def parse_book(tag):
    link = tag.h3.a
    return {
        "title": link["title"],
        "url": BASE + link["href"],
        "price": get_price(tag),
        "rating": get_rating(tag),
        "in_stock": "In stock" in tag.find("p", class_="availability").text,
    }


def get_details(session, book):
    r = session.get(book["url"])
    soup = BeautifulSoup(r.text, "html.parser")
    details = {}
    for row in soup.find("table").find_all("tr"):  # loop: yes
        details[row.th.text] = row.td.text
    return details


def parse_page(html):
    soup = BeautifulSoup(html, "html.parser")
    found = []
    for tag in soup.find_all("article", class_="product_pod"):  # loop: yes
        found.append(parse_book(tag))
    return found


print("Downloading the catalogue...")
books = []
for page in range(1, 51):  # loop: yes
    response = requests.get(BASE + "page-%d.html" % page)  # expect: RL313
    response.encoding = "utf-8"
    books.extend(parse_page(response.text))
print(len(books), "books found")

# only the good and cheap ones get the details
good = [b for b in books if b["rating"] == 5 and b["price"] < 20]
session = requests.Session()
for book in good:  # loop: yes
    details = get_details(session, book)
    book["upc"] = details.get("UPC", "")
    book["reviews"] = int(details.get("Number of reviews", 0))
    time.sleep(0.2)

# is the price of the books going up along the list?
rises = 0
last = None
for book in books:  # loop: no last
    if last is not None and book["price"] > last:
        rises += 1
    last = book["price"]
print("price went up", rises, "times")

cheapest = None
for book in books:  # loop: yes
    if cheapest is None or book["price"] < cheapest["price"]:
        cheapest = book
print("cheapest:", cheapest["title"], cheapest["price"])

with open("books.csv", "w", newline="", encoding="utf-8") as f:
    writer = csv.writer(f)
    writer.writerow(["title", "price", "rating", "in_stock", "url"])
    for book in books:  # loop: no writer
        writer.writerow([book["title"], book["price"], book["rating"], book["in_stock"], book["url"]])

with open("good_books.txt", "w", encoding="utf-8") as f:
    for book in good:  # loop: no f
        f.write("%s (%.2f, %d reviews)\n" % (book["title"], book["price"], book["reviews"]))

total = 0
for book in books:  # loop: yes
    total += book["price"]
print("all together: %.2f" % total)
