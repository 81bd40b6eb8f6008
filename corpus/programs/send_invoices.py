"""Mail every customer the invoice, a connection for each message."""
import smtplib
import subprocess
import sys
import zlib
from email.message import EmailMessage
from pathlib import Path

SERVER = Path(__file__).resolve().parent.parent / "servers" / "mail.py"
CUSTOMERS = 60


def start_mail(delay):
    process = subprocess.Popen([sys.executable, str(SERVER), "--delay", str(delay)],
                               stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline())


def invoice(number):
    message = EmailMessage()
    message["From"] = "billing@shop.example.test"
    message["To"] = f"customer{number}@example.test"
    message["Subject"] = f"Invoice {2024000 + number}"
    message["Message-ID"] = f"<{number}@shop.example.test>"
    message.set_content("\n".join(f"item {k:3d}   {(number * k) % 997 / 10:8.2f} EUR" for k in range(1, 40)))
    return message


def deliver(number, port):
    message = invoice(number)
    with smtplib.SMTP("127.0.0.1", port, local_hostname="shop.example.test", timeout=20) as mail:
        refused = mail.send_message(message)
    return message["Subject"], len(refused), zlib.crc32(message.as_bytes())


def summary(receipts):
    refused = sum(count for _, count, _ in receipts)
    return f"{len(receipts)} invoices sent, {refused} refused, checksum {zlib.crc32(repr(receipts).encode()):08x}"


def main():
    process, port = start_mail(delay=0.005)
    try:
        receipts = []
        for number in range(CUSTOMERS):
            receipts.append(deliver(number, port))
        print(summary(receipts))
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
