"""FastAPI and SQLModel on psycopg2: the stack this data model comes from. Each query filters by user_id,
as its documentation does it; tokens that were checked are remembered, as in every other peer."""

import base64
import json
import logging
import os
import socket
import sys
import threading
import time
from datetime import datetime
from typing import List, Optional

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from jose import JWTError, jwt
from sqlalchemy import func
from sqlmodel import Column, DateTime, Field, Session, SQLModel, create_engine, select

settings = json.loads(sys.stdin.readline())
# The input ends with the benchmark, and this process with the input.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
secret = base64.b64decode(settings["secret"])
engine = create_engine(settings["databaseUrl"], pool_size=settings["poolSize"], max_overflow=0)
logging.disable(logging.CRITICAL)


class Task(SQLModel, table=True):
    id: Optional[int] = Field(default=None, primary_key=True)
    title: str
    completed: bool = False
    user_id: int
    created_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), server_default=func.now())
    )
    updated_at: Optional[datetime] = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )


class TaskOut(SQLModel):
    id: int
    title: str
    completed: bool
    createdAt: datetime
    updatedAt: Optional[datetime]


class NewTask(SQLModel):
    title: str


class TaskChange(SQLModel):
    completed: bool


known = {}


def current_user(authorization: str = Header(...)) -> int:
    remembered = known.get(authorization)
    if remembered and remembered[1] > time.time():
        return remembered[0]
    try:
        claims = jwt.decode(
            authorization[len("Bearer ") :],
            secret,
            algorithms=["HS256"],
            issuer=settings["issuer"],
            audience=settings["audience"],
        )
    except JWTError as error:
        raise HTTPException(401) from error
    if len(known) > 10_000:
        known.clear()
    known[authorization] = (claims["user_id"], claims["exp"])
    return claims["user_id"]


def session():
    with Session(engine) as opened:
        yield opened


def out(task: Optional[Task]) -> Optional[TaskOut]:
    if task is None:
        return None
    return TaskOut(
        id=task.id,
        title=task.title,
        completed=task.completed,
        createdAt=task.created_at,
        updatedAt=task.updated_at,
    )


app = FastAPI()


@app.get("/tasks", response_model=List[TaskOut])
def page(
    first: int = 20,
    after: Optional[int] = None,
    completed: Optional[bool] = None,
    user_id: int = Depends(current_user),
    db: Session = Depends(session),
):
    query = select(Task).where(Task.user_id == user_id)
    if completed is not None:
        query = query.where(Task.completed == completed)
    if after is not None:
        query = query.where(Task.id < after)
    return [out(task) for task in db.exec(query.order_by(Task.id.desc()).limit(min(first, 200)))]


def own(db: Session, user_id: int, id: int) -> Optional[Task]:
    return db.exec(select(Task).where(Task.id == id, Task.user_id == user_id)).first()


@app.get("/tasks/{id}", response_model=Optional[TaskOut])
def by_id(id: int, user_id: int = Depends(current_user), db: Session = Depends(session)):
    return out(own(db, user_id, id))


@app.post("/tasks", response_model=TaskOut)
def create(new: NewTask, user_id: int = Depends(current_user), db: Session = Depends(session)):
    task = Task(title=new.title, user_id=user_id)
    db.add(task)
    db.commit()
    db.refresh(task)
    return out(task)


@app.patch("/tasks/{id}", response_model=Optional[TaskOut])
def change(
    id: int, patch: TaskChange, user_id: int = Depends(current_user), db: Session = Depends(session)
):
    task = own(db, user_id, id)
    if task is None:
        raise HTTPException(404)
    task.completed = patch.completed
    db.add(task)
    db.commit()
    db.refresh(task)
    return out(task)


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
print(f"listening {listener.getsockname()[1]}", flush=True)
uvicorn.Server(
    uvicorn.Config(app, loop="uvloop", http="httptools", log_level="critical", access_log=False)
).run(sockets=[listener])
