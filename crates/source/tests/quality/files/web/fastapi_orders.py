"""Order service: reserves stock and asks the payment service for money."""
from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

logger = logging.getLogger("orders")

WAREHOUSE = "https://warehouse.internal/api"
stock_lock = asyncio.Lock()
warehouse_limit = asyncio.Semaphore(10)


class Line(BaseModel):
    sku: str
    quantity: int = Field(gt=0)
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return self.price * self.quantity


class Order(BaseModel):
    customer: str
    lines: list[Line]


class Receipt(BaseModel):
    total: Decimal
    reservations: list[str]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with httpx.AsyncClient(base_url=WAREHOUSE, timeout=10) as client:
        app.state.client = client
        app.state.stock = {}
        refresher = asyncio.create_task(refresh_stock(app))
        try:
            yield
        finally:
            refresher.cancel()


app = FastAPI(lifespan=lifespan)


async def refresh_stock(app: FastAPI) -> None:
    while True:
        try:
            response = await app.state.client.get("/stock")
            response.raise_for_status()
        except httpx.HTTPError as exc:
            logger.warning("stock not refreshed: %s", exc)
        else:
            async with stock_lock:
                app.state.stock = {row["sku"]: row["count"] for row in response.json()}
        await asyncio.sleep(60)


def get_client(request: Request) -> httpx.AsyncClient:
    return request.app.state.client


Client = Annotated[httpx.AsyncClient, Depends(get_client)]


def order_total(order: Order) -> Decimal:
    total = Decimal(0)
    for line in order.lines:  # loop: yes
        total += line.amount
    return total


def take_from_stock(stock: dict[str, int], lines: list[Line]) -> None:
    for line in lines:  # loop: no stock
        left = stock.get(line.sku, 0) - line.quantity
        if left < 0:
            raise HTTPException(409, f"{line.sku} is sold out")
        stock[line.sku] = left


async def reserve(client: httpx.AsyncClient, line: Line) -> str:
    async with warehouse_limit:
        response = await client.post("/reservations", json={"sku": line.sku, "quantity": line.quantity})
    response.raise_for_status()
    return response.json()["reservation"]


async def reserve_all(client: httpx.AsyncClient, lines: list[Line]) -> list[str]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(reserve(client, line)) for line in lines]  # loop: yes
    return [task.result() for task in tasks]


@app.post("/orders", response_model=Receipt)
async def place_order(order: Order, request: Request, client: Client) -> Receipt:
    async with stock_lock:
        stock = dict(request.app.state.stock)
        take_from_stock(stock, order.lines)
        request.app.state.stock = stock
    try:
        reservations = await reserve_all(client, order.lines)
    except* httpx.HTTPError as group:
        logger.error("%d reservations failed", len(group.exceptions))
        raise HTTPException(502, "the warehouse does not answer") from None
    return Receipt(total=order_total(order), reservations=reservations)


@app.get("/orders/{number}/status")
async def order_status(number: int, client: Client) -> dict[str, object]:
    order, parcels = await asyncio.gather(
        client.get(f"/orders/{number}"),
        client.get(f"/orders/{number}/parcels"),
    )
    if order.status_code == 404:
        raise HTTPException(404, "no such order")
    return {"order": order.json(), "parcels": parcels.json()}
