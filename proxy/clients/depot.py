"""A service that keeps nothing, as a program: it takes any PUT and answers with the CRC-32 of what came, and answers a GET of
`/BYTES/PACE` with as many bytes of a pattern. Where the pace is `slow` it rests as long as it worked, so that whoever is on
the other side is the faster one. Prints its port; ends with its standard input."""

import os
import socket
import sys
import threading
import time
import zlib

MIB = 1 << 20
BLOCK = bytes(range(256)) * (MIB // 256)


def block(number):
    """A block of the pattern; no two are alike."""
    return number.to_bytes(8, "big") + BLOCK[8:]


def rest_after(began, slow):
    if slow:
        time.sleep(time.monotonic() - began)


def take(reader, length, slow):
    crc, left, buffer = 0, length, memoryview(bytearray(MIB))
    while left:
        began = time.monotonic()
        count = reader.readinto(buffer[: min(MIB, left)])
        if not count:
            return None
        crc, left = zlib.crc32(buffer[:count], crc), left - count
        rest_after(began, slow)
    return crc


def give(connection, length, slow):
    for number in range(length // MIB):
        began = time.monotonic()
        connection.sendall(block(number))
        rest_after(began, slow)


def converse(connection):
    with connection, connection.makefile("rb", MIB) as reader:
        while line := reader.readline():
            method, target, _ = line.decode().split(" ")
            length, fields = target.split("?")[0].strip("/").split("/"), {}
            while (field := reader.readline().strip()):
                name, value = field.decode().split(":", 1)
                fields[name.lower()] = value.strip()
            slow = length[-1] == "slow"
            if method == "PUT":
                crc = take(reader, int(fields["content-length"]), slow)
                if crc is None:
                    return
                connection.sendall(f'HTTP/1.1 200 OK\r\netag: "{crc:08x}"\r\ncontent-length: 0\r\n\r\n'.encode())
            else:
                connection.sendall(f"HTTP/1.1 200 OK\r\ncontent-length: {int(length[0])}\r\n\r\n".encode())
                give(connection, int(length[0]), slow)


def main():
    listener = socket.create_server(("127.0.0.1", 0))
    print(f'{{"port": {listener.getsockname()[1]}}}', flush=True)
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=converse, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
