import asyncio
import datetime
import json

import httpx
from fastapi import BackgroundTasks, FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()

connections = set()
history = []

PUSH_URL = "https://push.example.net/send"


async def log_event(kind, detail):
    async with httpx.AsyncClient() as client:
        await client.post("https://log.example.net/events", json={"kind": kind, "detail": detail})


async def send_push(token, text):
    async with httpx.AsyncClient() as client:
        r = await client.post(PUSH_URL, json={"to": token, "text": text})
        return r.status_code == 200


async def deliver(ws, message):
    try:
        await ws.send_text(message)
    except RuntimeError:
        connections.discard(ws)


async def broadcast(message):
    history.append(message)
    await asyncio.gather(*[deliver(ws, message) for ws in connections])  # expect: RL306; loop: yes


def now():
    return datetime.datetime.now().isoformat(timespec="seconds")


def format_message(user, text):
    return json.dumps({"user": user, "text": text[:500], "at": now()})


def unread_counts(messages, last_seen):
    counts = {}
    for user, seen in last_seen.items():  # loop: yes
        counts[user] = sum(1 for m in messages if m["at"] > seen)
    return counts


def threads_of(messages):
    """Each answer gets the depth of the message it answers, plus one."""
    depth = {}
    for m in messages:  # loop: no depth
        parent = m.get("answer_to")
        depth[m["id"]] = depth[parent] + 1 if parent in depth else 0
    return depth


async def cleanup():
    while True:
        await asyncio.sleep(600)
        del history[:-1000]


@app.on_event("startup")
async def startup():
    app.state.cleaner = asyncio.create_task(cleanup())


@app.on_event("shutdown")
async def shutdown():
    app.state.cleaner.cancel()


@app.websocket("/ws/{user}")
async def chat(ws: WebSocket, user: str):
    await ws.accept()
    connections.add(ws)
    log_event("joined", user)  # expect: RL208
    try:
        while True:
            text = await ws.receive_text()
            asyncio.create_task(broadcast(format_message(user, text)))  # expect: RL209
    except WebSocketDisconnect:
        connections.discard(ws)


@app.websocket("/feed")
async def feed(ws: WebSocket):
    await ws.accept()
    position = len(history)
    try:
        while True:
            if position < len(history):
                await ws.send_text(history[position])
                position += 1
            else:
                await asyncio.sleep(0.5)
    except:  # expect: RL223
        print("feed closed")


@app.post("/notify")
async def notify(payload: dict):
    results = []
    for item in payload["items"]:  # loop: yes
        ok = await send_push(item["token"], item["text"])  # expect: RL109
        results.append(ok)
    return {"sent": results.count(True), "failed": results.count(False)}


@app.post("/announce")
async def announce(payload: dict, background: BackgroundTasks):
    background.add_task(broadcast, format_message("system", payload["text"]))
    return {"queued": True}


@app.get("/history")
async def get_history(limit: int = 50):
    return [json.loads(m) for m in history[-limit:]]  # loop: yes
