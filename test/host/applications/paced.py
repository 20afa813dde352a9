"""Asks a server for the same over one connection, so many times a second.

paced.py ADDRESS PORT ASKED REQUEST ANSWER   the request is a line, the answer so many bytes
"""

import socket
import sys
import time

address, port, asked, request, size = sys.argv[1:]
due = time.monotonic()
with socket.create_connection((address, int(port))) as connection:
    while True:
        connection.sendall(request.encode() + b"\r\n")
        got = 0
        while got < int(size):
            part = connection.recv(65536)
            if not part:
                sys.exit("it has closed")
            got += len(part)
        due += 1 / int(asked)
        time.sleep(max(due - time.monotonic(), 0))
