# SPDX-License-Identifier: Apache-2.0
"""Prints the raw bytes of arrays in an .npz, one after the other: npz2bin.py FILE ARRAY... (the standard library is enough)."""
import ast
import struct
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as npz:
    for name in sys.argv[2:]:
        npy = npz.read(name + ".npy")
        assert npy[:8] == b"\x93NUMPY\x01\x00", name
        (length,) = struct.unpack_from("<H", npy, 8)
        head = ast.literal_eval(npy[10 : 10 + length].decode())
        assert not head["fortran_order"] and head["descr"] in ("<f4", "|u1", "<i4"), (name, head)
        sys.stdout.buffer.write(npy[10 + length :])
