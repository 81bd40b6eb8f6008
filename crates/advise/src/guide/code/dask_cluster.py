from dask.distributed import Client, as_completed

from task import ITEMS, work


def main() -> None:
    # Client() alone starts workers on this machine;
    # Client("tcp://scheduler:8786") uses a cluster.
    with Client() as client:
        futures = client.map(work, list(ITEMS), pure=False)
        for future in as_completed(futures):
            print(future.result())


if __name__ == "__main__":
    main()
