#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""packets.txt: packets of USB with their CRCs, and the states of the line that they make, by the test library inside LUNA (ValentyUSB's), which nobody
here wrote. Run with the interpreter that has luna-usb: build/usb/venv/bin/python tests/data/usb/make.py > tests/data/usb/packets.txt"""
import random

from luna.gateware.test.contrib import usb_packet as usb
from luna.gateware.usb.usb2 import USBPacketID as PID


def line(bits):
    packet = bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits), 8))
    states = usb.wrap_packet(bits, cycles=1).replace(" ", "")
    print(packet.hex(), states)


print("# Packet behind SYNC, lowest bit first; the line from SYNC to the J after it. Made by make.py.")
random.seed(1)
for pid in (PID.ACK, PID.NAK, PID.STALL):
    line(usb.handshake_packet(pid))
for pid in (PID.OUT, PID.IN, PID.SETUP):
    for addr, end in [(0, 0), (0x15, 0xe), (0x3a, 0xa), (0x70, 4), (127, 15)] + [(random.randrange(128), random.randrange(16)) for _ in range(10)]:
        line(usb.token_packet(pid, addr, end))
for frame in [0, 1, 2047] + [random.randrange(2048) for _ in range(20)]:
    line(usb.sof_packet(frame))
for data in ([], [0], [255], [0, 1, 2, 3], [0x23, 0x45, 0x67, 0x89], [255] * 64, [0x7e, 0xfc] * 8, [0] * 64):
    line(usb.data_packet(PID.DATA0, data))
for n in range(40):
    line(usb.data_packet(PID.DATA1, [random.choice((random.randrange(256), 255)) for _ in range(random.randrange(65))]))
