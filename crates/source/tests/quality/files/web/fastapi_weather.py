import asyncio
import json
import subprocess
import time
import urllib.request
from typing import List, Optional

import httpx
import requests
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel

API = "https://weather.example.org/v2"

app = FastAPI(title="Weather proxy")


class Reading(BaseModel):
    station: str
    temperature: float
    wind: Optional[float] = None


class Summary(BaseModel):
    stations: int
    mean: float
    warmest: str


def celsius(fahrenheit: float) -> float:
    return round((fahrenheit - 32) * 5 / 9, 1)


def to_reading(data: dict) -> Reading:
    return Reading(
        station=data["id"],
        temperature=celsius(data["temp_f"]),
        wind=data.get("wind_kmh"),
    )


def load_forecast(station_id: str) -> list:
    with urllib.request.urlopen(f"{API}/forecast/{station_id}.json", timeout=10) as answer:
        return json.load(answer)["hours"]


def smooth(values: List[float], weight: float = 0.3) -> List[float]:
    result = []
    level = values[0]
    for value in values:  # loop: no level
        level = weight * value + (1 - weight) * level
        result.append(round(level, 2))
    return result


def summarise(readings: List[Reading]) -> Summary:
    total = 0.0
    for reading in readings:  # loop: yes
        total += reading.temperature
    warmest = max(readings, key=lambda r: r.temperature)
    return Summary(stations=len(readings), mean=total / len(readings), warmest=warmest.station)


@app.get("/stations/{station_id}", response_model=Reading)
async def station(station_id: str):
    response = requests.get(f"{API}/stations/{station_id}", timeout=10)  # expect: RL206
    if response.status_code == 404:
        raise HTTPException(404, "unknown station")
    return to_reading(response.json())


@app.get("/forecast/{station_id}")
async def forecast(station_id: str, smoothed: bool = False):
    hours = load_forecast(station_id)  # expect: RL207
    temperatures = [celsius(h["temp_f"]) for h in hours]  # loop: yes
    if smoothed:
        temperatures = smooth(temperatures)
    return {"station": station_id, "temperatures": temperatures}


async def fetch_reading(client: httpx.AsyncClient, station_id: str) -> Reading:
    response = await client.get(f"/stations/{station_id}")
    response.raise_for_status()
    return to_reading(response.json())


@app.get("/summary", response_model=Summary)
async def summary(ids: List[str] = Query(...)):
    async with httpx.AsyncClient(base_url=API) as client:
        readings = await asyncio.gather(*[fetch_reading(client, i) for i in ids])  # expect: RL306; loop: yes
    return summarise(readings)


@app.get("/radar")
async def radar():
    async with httpx.AsyncClient(base_url=API) as client:
        job = (await client.post("/radar")).json()["job"]
        while True:
            state = (await client.get(f"/radar/{job}")).json()
            if state["ready"]:
                break
            time.sleep(2)  # expect: RL206
    return {"image": state["url"]}


@app.get("/disk")
def disk():
    # a plain def: FastAPI runs it in its thread pool
    out = subprocess.run(["df", "-h", "/"], capture_output=True, text=True, check=True)
    return {"lines": out.stdout.splitlines()}


@app.get("/daily/{station_id}")
def daily(station_id: str):
    hours = load_forecast(station_id)
    days = []
    for start in range(0, len(hours), 24):  # loop: yes
        day = [celsius(h["temp_f"]) for h in hours[start:start + 24]]  # loop: yes
        days.append({"low": min(day), "high": max(day)})
    return days
