"""Send a personal letter to every row of a CSV file.

The template is a text file with $placeholders; the CSV must have a column
"email" and one column per placeholder.
"""
import csv
import logging
import os
import smtplib
import string
import sys
from email.message import EmailMessage
from email.utils import formataddr, make_msgid, parseaddr

log = logging.getLogger(__name__)

SENDER = ("Office", "office@example.org")


class MergeError(Exception):
    """A row or the template cannot be used."""


def read_template(path):
    with open(path, encoding="utf-8") as fh:
        subject = fh.readline().removeprefix("Subject:").strip()
        body = fh.read().lstrip("\n")
    if not subject:
        raise MergeError("the first line of the template must be the subject")
    return string.Template(subject), string.Template(body)


def read_rows(path):
    with open(path, newline="", encoding="utf-8-sig") as fh:
        reader = csv.DictReader(fh)
        if "email" not in (reader.fieldnames or []):
            raise MergeError("no column named 'email'")
        return list(reader)


def valid_address(address):
    _, addr = parseaddr(address)
    return "@" in addr and "." in addr.split("@")[-1]


def clean_row(row):
    return {key: (value or "").strip() for key, value in row.items() if key}


def build_message(row, subject, body):
    message = EmailMessage()
    message["From"] = formataddr(SENDER)
    message["To"] = row["email"]
    message["Message-ID"] = make_msgid(domain="example.org")
    try:
        message["Subject"] = subject.substitute(row)
        message.set_content(body.substitute(row))
    except KeyError as exc:
        raise MergeError("no value for placeholder %s" % exc) from None
    return message


def unique_rows(rows):
    seen = set()
    result = []
    for row in rows:  # loop: no seen
        key = row["email"].lower()
        if key in seen:
            log.warning("address twice: %s", key)
            continue
        seen.add(key)
        result.append(row)
    return result


def send_all(messages, host, user, password):
    sent = 0
    with smtplib.SMTP(host, 587, timeout=30) as smtp:
        smtp.starttls()
        smtp.login(user, password)
        for message in messages:  # loop: no smtp
            try:
                smtp.send_message(message)
            except smtplib.SMTPRecipientsRefused:
                log.error("refused: %s", message["To"])
            else:
                sent += 1
    return sent


def main():
    logging.basicConfig(level=logging.INFO)
    if len(sys.argv) < 3:
        sys.exit("usage: mail_merge.py TEMPLATE CSV [--send]")

    subject, body = read_template(sys.argv[1])
    rows = [clean_row(row) for row in read_rows(sys.argv[2])]  # loop: yes
    rows = unique_rows([row for row in rows if valid_address(row["email"])])  # loop: yes
    messages = [build_message(row, subject, body) for row in rows]  # loop: yes

    if "--send" not in sys.argv:
        for message in messages[:3]:  # loop: yes
            print(message.as_string())
            print("=" * 60)
        print(len(messages), "messages; add --send to send them")
        return

    count = send_all(
        messages,
        host=os.environ.get("SMTP_HOST", "localhost"),
        user=os.environ["SMTP_USER"],
        password=os.environ["SMTP_PASSWORD"],
    )
    log.info("%d of %d messages sent", count, len(messages))


if __name__ == "__main__":
    main()
