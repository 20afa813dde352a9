"""A service and its clients, for the canary.

canary.py serve ADDRESS HOW     prints its port, and answers. HOW: plain; slow:2, which takes twice as long where the
                                client is on the bypass; splice, which does not see what is redirected
canary.py talk ADDRESS PORT N   N clients that connect anew after a few answers; prints how many answers there were
                                so far, twice a second
"""

import os
import socket
import struct
import sys
import threading
import time

ANSWERS = 20
SERVICE = 1e-3
TCP_INFO_BYTES_RECEIVED = 128


def is_bypassed(connection):
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
    return struct.unpack_from("Q", info, TCP_INFO_BYTES_RECEIVED)[0] == 0


def answer(connection, how):
    with connection:
        if how == "splice":
            reader, writer = os.pipe()
            with os.fdopen(reader), os.fdopen(writer, "w"):
                while size := os.splice(connection.fileno(), writer, 4096):
                    connection.sendall(os.read(reader, size))
            return
        _, _, slower = how.partition("slow:")
        while data := connection.recv(4096):
            times = float(slower) if slower and is_bypassed(connection) else 1
            # It waits, as for a database: to compute would take a CPU from all tests beside it.
            time.sleep(SERVICE * times)
            connection.sendall(data)


def serve_one(connection, how):
    try:
        answer(connection, how)
    except OSError:
        pass  # its client has ended


def serve(address, how):
    listener = socket.create_server((address, 0), backlog=128)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve_one, args=(connection, how), daemon=True).start()


def talk(address, port, clients):
    answers = [0] * int(clients)

    def client(number):
        while True:
            try:
                with socket.create_connection((address, int(port)), timeout=8) as connection:
                    for _ in range(ANSWERS):
                        connection.sendall(b"x" * 100)
                        connection.recv(4096)
                        answers[number] += 1
            except OSError:
                pass

    for number in range(int(clients)):
        threading.Thread(target=client, args=(number,), daemon=True).start()
    while True:
        time.sleep(0.5)
        print(sum(answers), flush=True)


{"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:])
