"""Both ends of gRPC, with messages of bytes that come back as they are.

    grpc_echo.py serve ADDRESS PORT [CERTIFICATE KEY]
    grpc_echo.py ask ADDRESS PORT [CERTIFICATE]
    grpc_echo.py pace ADDRESS PORT CALLS BYTES   so many calls a second, of so many bytes, until it is ended

Asking calls with messages of many sizes, one by one and as a stream both ways, and prints how many there
were, their bytes, and how many came back wrong.
"""

import hashlib
import json
import sys
import time
from concurrent import futures

import grpc

SIZES = [0, 1, 100, 1024, 1449, 4096, 16383, 65537, 250000, (1 << 20) - 100]
LIMITS = [
    ("grpc.max_receive_message_length", 1 << 24),
    ("grpc.max_send_message_length", 1 << 24),
    # gRPC waits with SO_RCVLOWAT for the rest of a frame where that is large, and GRPC_EXPERIMENTS asks for it.
    ("grpc.http2.max_frame_size", 1 << 20),
]


def body(seed, size):
    """Bytes that look random and are the same each time."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def serve(address, certificate):
    server = grpc.server(futures.ThreadPoolExecutor(4), options=LIMITS)
    handlers = {
        "Call": grpc.unary_unary_rpc_method_handler(lambda request, _: request),
        "Stream": grpc.stream_stream_rpc_method_handler(lambda requests, _: requests),
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("Echo", handlers)])
    if certificate:
        pem, key = map(read, certificate)
        server.add_secure_port(address, grpc.ssl_server_credentials([(key, pem)]))
    else:
        server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


def ask(address, certificate):
    if certificate:
        credentials = grpc.ssl_channel_credentials(read(certificate[0]))
        channel = grpc.secure_channel(address, credentials, options=LIMITS)
    else:
        channel = grpc.insecure_channel(address, options=LIMITS)
    messages = [body(i, size) for i, size in enumerate(SIZES * 10)]
    with channel:
        call = channel.unary_unary("/Echo/Call")
        back = [call(message, timeout=60) for message in messages]
        back += channel.stream_stream("/Echo/Stream")(iter(messages), timeout=60)
    sent = messages * 2
    wrong = sum(a != b for a, b in zip(sent, back)) + abs(len(sent) - len(back))
    print(json.dumps({"messages": len(back), "bytes": sum(map(len, back)), "wrong": wrong}))


def pace(address, rest):
    calls, size = map(int, rest)
    call = grpc.insecure_channel(address, options=LIMITS).unary_unary("/Echo/Call")
    message = body(0, size)
    due = time.monotonic()
    while True:
        call(message, timeout=60)
        due += 1 / calls
        time.sleep(max(due - time.monotonic(), 0))


verb, host, port, *rest = sys.argv[1:]
{"serve": serve, "ask": ask, "pace": pace}[verb](f"{host}:{port}", rest)
