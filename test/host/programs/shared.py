"""Connections that come and go: each sends a few messages and waits for the answer to each.

shared.py serve ADDRESS             prints its port, and echoes
shared.py talk ADDRESS PORT COUNT   makes so many connections, one after the other
"""

import socket
import sys
import threading

MESSAGES = 5


def echo(connection):
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)


def serve(address):
    listener = socket.create_server((address, 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=echo, args=(connection,), daemon=True).start()


def talk(address, port, count):
    for _ in range(int(count)):
        with socket.create_connection((address, int(port))) as connection:
            for _ in range(MESSAGES):
                connection.sendall(b"x" * 100)
                if len(connection.recv(4096)) != 100:
                    sys.exit("an answer is not whole")
    print("done")


{"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:])
