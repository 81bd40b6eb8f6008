from concurrent.futures import InterpreterPoolExecutor

from task import ITEMS, work


def main() -> None:
    with InterpreterPoolExecutor() as executor:  # as many workers as cores
        for result in executor.map(work, ITEMS):
            print(result)


if __name__ == "__main__":
    main()
