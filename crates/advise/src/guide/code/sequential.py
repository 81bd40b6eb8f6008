from task import ITEMS, work


def main() -> None:
    for item in ITEMS:
        print(work(item))


if __name__ == "__main__":
    main()
