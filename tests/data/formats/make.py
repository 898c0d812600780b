# SPDX-License-Identifier: Apache-2.0
"""Writes minifloat.txt: what the package ml_dtypes (0.5.1) says of the small floats. make.py > minifloat.txt

A line "values NAME v v ..." has every finite value that is not negative; lines "round NAME x y" say that x becomes y (FP32 bits, hexadecimal).
"""
import struct

import ml_dtypes
import numpy

TYPES = {"E2M1": ml_dtypes.float4_e2m1fn, "E2M3": ml_dtypes.float6_e2m3fn, "E3M2": ml_dtypes.float6_e3m2fn,
         "E4M3": ml_dtypes.float8_e4m3fn, "E5M2": ml_dtypes.float8_e5m2}
rng = numpy.random.default_rng(20261126)


def bits(x):
    return struct.pack(">f", x).hex()


print("# SPDX-License-Identifier: Apache-2.0")
print("# Made by make.py with ml_dtypes", ml_dtypes.__version__)
for name, dtype in TYPES.items():
    codes = numpy.arange(2 ** {"E2M1": 4, "E2M3": 6, "E3M2": 6, "E4M3": 8, "E5M2": 8}[name], dtype=numpy.uint8).view(dtype).astype(numpy.float32)
    values = numpy.unique(codes[numpy.isfinite(codes) & (codes >= 0)])
    print("values", name, *(bits(float(v)) for v in values))
    top = float(values[-1])
    middles = (values[1:] + values[:-1]) / 2
    some = numpy.concatenate([middles, numpy.nextafter(middles, numpy.float32(0)), numpy.nextafter(middles, numpy.float32(top)),
                              (rng.uniform(-1, 1, 40) * top).astype(numpy.float32), (rng.normal(size=40) * top / 16).astype(numpy.float32)])
    for x in some.astype(numpy.float32):
        print("round", name, bits(float(x)), bits(float(numpy.asarray([x]).astype(dtype).astype(numpy.float32)[0])))
