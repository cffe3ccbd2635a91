"""A server on this machine that speaks the chat protocol, and misbehaves when it is told to."""

import hashlib
import json
import random
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from lawful.checklists.suite import Question, Scale
from lawful.judge.fold import judge_clip
from lawful.judge.make import make_judge
from lawful.judge.task import JudgeSpec
from lawful.video.frames import ClipMeta, Frames

KEY = "sk-test-0123456789abcdef-never-shown"
YES_NO = Scale("yes_no", {"yes": 1.0, "no": 0.0})
FIVE = Scale("five", {"1": 0.0, "2": 0.25, "3": 0.5, "4": 0.75, "5": 1.0})
TIMEOUT_S = 0.4
TRANSPORT = ("429", "500", "hang", "half_body", "huge", "drip", "closed", "no_json", "error_in_200")
CONTENT = ("half_json", "wrong_label", "prose", "number_words", "refusal", "length", "empty", "extra_key")
TOKEN = re.compile(r"\w+|\W")


def oracle(text):
    """The probability that the stub holds of the better label of a question."""
    return 0.05 + 0.9 * int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def question_in(body):
    """The text of the question that a request asks."""
    parts = next(one["content"] for one in body["messages"] if one["role"] == "user")
    return next(part["text"] for part in reversed(parts) if part["type"] == "text").partition("\n")[0]


class Stub:
    """What the server does, and what it was asked."""

    key = KEY
    timeout_s = TIMEOUT_S
    transport = TRANSPORT
    content = CONTENT
    oracle = staticmethod(oracle)

    def __init__(self):
        self.seen = []
        self.faults = {}
        self.fault = lambda text, n, is_repair: None
        self.answer = self.yes_or_no
        self.with_logprobs = True
        self.headers = {}
        self.lock = threading.Lock()
        self.n_at_once = self.most_at_once = 0

    def yes_or_no(self, body):
        share = oracle(question_in(body))
        label, other = ("yes", "no") if share >= 0.5 else ("no", "yes")
        high = max(share, 1 - share)
        content = json.dumps({"label": label})
        tops = {label: {label: high, other: 1 - high}}
        return content, tops

    def reply(self, content, tops=None, finish="stop", refusal=None):
        """A body of the protocol. `tops` has, by the token, the probabilities of what might stand there."""
        message = {"role": "assistant", "content": content, "refusal": refusal}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        if tops is not None and self.with_logprobs:
            choice["logprobs"] = {"content": [self.token(text, tops) for text in TOKEN.findall(content)]}
        usage = {"prompt_tokens": 100, "completion_tokens": 7}
        return {
            "id": "x", "object": "chat.completion", "model": "stub-2026-01-01", "system_fingerprint": "fp_1",
            "choices": [choice], "usage": usage,
        }  # fmt: skip

    def token(self, text, tops):
        shares = tops.get(text, {text: 1.0})
        logs = {one: float(np.log(share)) for one, share in shares.items()}
        others = [{"token": one, "logprob": log} for one, log in logs.items()]
        return {"token": text, "logprob": logs[text], "top_logprobs": others}

    def with_fault(self, kind, body):
        """The body of an answer with a fault of its content."""
        content, tops = self.answer(body)
        return {
            "half_json": lambda: self.reply(content[:-3]),
            "wrong_label": lambda: self.reply('{"label": "perhaps"}'),
            "prose": lambda: self.reply("Well, yes and no: the ball does seem to fall."),
            "number_words": lambda: self.reply('{"label": "four"}'),
            "refusal": lambda: self.reply(None, refusal="I cannot help with that."),
            "length": lambda: self.reply(content, tops, finish="length"),
            "empty": lambda: self.reply(""),
            "extra_key": lambda: self.reply('{"label": "yes", "label": "no"}'),
        }[kind]()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        stub = self.stub
        with stub.lock:
            stub.n_at_once += 1
            stub.most_at_once = max(stub.most_at_once, stub.n_at_once)
        try:
            text = question_in(body)
            is_repair = body["messages"][-2]["role"] == "assistant" if len(body["messages"]) > 2 else False
            with stub.lock:
                stub.seen.append((body, dict(self.headers)))
                kind = stub.fault(text, len(stub.faults.setdefault(text, [])), is_repair)
                stub.faults[text].append(kind)
            self.act(kind, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with stub.lock:
                stub.n_at_once -= 1

    def act(self, kind, body):
        if kind is None or kind in CONTENT:
            answer = (
                self.stub.reply(*self.stub.answer(body)) if kind is None else self.stub.with_fault(kind, body)
            )
            self.send(200, json.dumps(answer).encode(), self.stub.headers)
        elif kind == "429":
            self.send(
                429, b'{"error": {"message": "slow down", "code": "rate_limit"}}', {"Retry-After": "0.01"}
            )
        elif kind == "hang":
            time.sleep(1.5 * TIMEOUT_S)
            self.close_connection = True
        elif kind == "half_body":
            self.send(200, b'{"choices": [', length=500)
            self.close_connection = True
        elif kind == "huge":
            self.send(200, b" " * (5 << 20))
        elif kind == "drip":
            self.send(200, b"", length=1000)
            ends_s = time.monotonic() + 2 * TIMEOUT_S
            while time.monotonic() < ends_s:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(TIMEOUT_S / 8)
            self.close_connection = True
        elif kind == "closed":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
        elif kind == "no_json":
            self.send(200, b"<html>busy</html>")
        elif kind == "error_in_200":
            self.send(200, b'{"error": {"message": "upstream is overloaded"}}')
        else:
            status, _, message = kind.partition(":")
            error = {"message": message or "it broke", "code": message}
            self.send(int(status), json.dumps({"error": error}).encode(), {"Location": "/elsewhere"})

    def send(self, status, body, headers=None, length=None):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass  # the other side hangs up in the midst of things, which is what the tests are about


@pytest.fixture
def stub(monkeypatch):
    """A running server whose address and key are in the environment."""
    one = Stub()
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"stub": one}))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    monkeypatch.setenv("OPENAI_BASE_URL", one.url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    yield one
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def quick():
    """Settings that wait for little, with others put in."""

    def make(access=None, **others):
        return {"access": {"timeout_s": TIMEOUT_S, "backoff_s": 0.005, **(access or {})}, **others}

    return make


@pytest.fixture
def judge(stub, quick):
    """Makes the judge with some settings."""
    return lambda access=None, **others: make_judge(JudgeSpec("openai:stub", quick(access, **others)))


@pytest.fixture
def clip():
    """A clip of four frames, half a second apart."""
    rgb = np.random.default_rng(0).integers(0, 255, (4, 24, 32, 3), dtype=np.uint8)
    frames = Frames(rgb, np.arange(4) / 2.0, np.arange(4, dtype=np.int64) * 12)
    return ClipMeta("ab" * 32, "clip", 32, 24, 24.0, 2.0, 48), frames


@pytest.fixture
def ask(clip):
    """Asks a judge some questions about the clip."""

    def make(judge, questions, given=None, repeat=0):
        meta, frames = clip
        return judge_clip(judge, meta, [frames], questions, given or {}, repeat)

    return make


@pytest.fixture
def questions():
    """Makes so many yes-no questions."""
    return lambda n: [
        Question(f"q{at}", f"Is number {at} as it should be?", "physics", YES_NO, "gravity")
        for at in range(n)
    ]


@pytest.fixture
def faulty():
    """Makes a fault function: each call of each question draws its fault from the question's own numbers."""

    def make(share, kinds, seed=0):
        def fault(text, n, is_repair):
            rng = random.Random(f"{seed} {text} {n}")
            return rng.choice(kinds) if rng.random() < share else None

        return fault

    return make
