# SPDX-License-Identifier: Apache-2.0
# kquants.py: float32 rows to GGUF's Q4_K and Q6_K blocks, which the gguf package reads but does not write.
#
#     data = q4_k(rows)                   uint8, a row of 144 bytes for each 256 elements
#     data = q6_k(rows, importance)       importance: a weight per column, say the mean square of its activation
#
# The block layouts are ggml's. Scales are found by trying some for each sub-block and keeping the one with
# the least weighted squared error, as ggml does; the bytes need not equal those that ggml would choose.
#
#     python models/kquants.py ../shared/data/formats/ggml_quant_vectors.npz
#
# reads back what it wrote by the gguf package, and compares its error with that of ggml's own blocks.

import sys

import numpy as np

BLOCK = 256


def f16(x):
    return x.astype(np.float16)


def inverse(x):
    return np.divide(1.0, x, out=np.zeros_like(x), where=x != 0)


def error_weights(x, importance):
    """How much an error in each element counts: more for large ones, and for important columns."""
    w = np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + x * x + 1e-24)
    if importance is not None:
        w = (w.reshape(-1, importance.size) * importance).reshape(x.shape)
    return w


def fit_scale_min(x, w):
    """Per sub-block the scale >= 0 and minimum <= 0 that make scale*q + minimum nearest to x for q in 0..15."""
    low = np.minimum(x.min(-1), 0.0)
    span = np.maximum(x.max(-1), 0.0) - low
    sum_w, sum_x = w.sum(-1), (w * x).sum(-1)
    best_scale, best_min = span / 15, low.copy()
    best = np.full(low.shape, np.inf)
    for levels in np.arange(13.0, 17.0, 0.125):
        k = levels * inverse(span)
        q = np.clip(np.rint(k[..., None] * (x - low[..., None])), 0, 15)
        sum_q, sum_qq, sum_xq = (w * q).sum(-1), (w * q * q).sum(-1), (w * x * q).sum(-1)
        det = sum_w * sum_qq - sum_q * sum_q
        scale = (sum_w * sum_xq - sum_x * sum_q) * inverse(det)
        minimum = (sum_qq * sum_x - sum_q * sum_xq) * inverse(det)
        above = minimum > 0
        minimum = np.where(above, 0.0, minimum)
        scale = np.where(above, sum_xq * inverse(sum_qq), scale)
        err = (w * (scale[..., None] * q + minimum[..., None] - x) ** 2).sum(-1)
        take = (det > 0) & (scale >= 0) & (err < best)
        best, best_scale, best_min = (np.where(take, new, old) for new, old in
                                      ((err, best), (scale, best_scale), (minimum, best_min)))
    return best_scale, best_min


def q4_k(rows, importance=None):
    rows = np.asarray(rows, np.float64)
    x = rows.reshape(-1, 8, 32)
    scale, low = fit_scale_min(x, error_weights(x, importance))

    d = f16(scale.max(-1) / 63)[:, None]
    dmin = f16((-low).max(-1) / 63)[:, None]
    sc = np.clip(np.rint(scale * inverse(d.astype(np.float64))), 0, 63)
    mn = np.clip(np.rint(-low * inverse(dmin.astype(np.float64))), 0, 63)
    step, base = sc * d.astype(np.float64), mn * dmin.astype(np.float64)
    q = np.clip(np.rint((x + base[..., None]) * inverse(step)[..., None]), 0, 15).astype(np.uint8)

    sc, mn = sc.astype(np.uint8), mn.astype(np.uint8)
    packed = np.concatenate([
        sc[:, :4] | (sc[:, 4:] >> 4) << 6,
        mn[:, :4] | (mn[:, 4:] >> 4) << 6,
        (sc[:, 4:] & 15) | (mn[:, 4:] & 15) << 4], axis=1)
    q = q.reshape(-1, 4, 2, 32)
    nibbles = (q[:, :, 0] | q[:, :, 1] << 4).reshape(-1, 128)
    blocks = np.concatenate([d.view(np.uint8), dmin.view(np.uint8), packed, nibbles], axis=1)
    return np.ascontiguousarray(blocks.reshape(rows.shape[0], -1))


def fit_scale(x, w):
    """Per sub-block the scale, of either sign, that makes scale*q nearest to x for q in -32..31."""
    peak = np.take_along_axis(x, np.abs(x).argmax(-1)[..., None], -1)[..., 0]
    best_scale, best = np.zeros_like(peak), np.zeros_like(peak)
    for levels in np.arange(31.0, 33.0, 0.1):
        q = np.clip(np.rint(-levels * inverse(peak)[..., None] * x), -32, 31)
        sum_xq, sum_qq = (w * x * q).sum(-1), (w * q * q).sum(-1)
        gain = sum_xq * sum_xq * inverse(sum_qq)            # the error is a constant minus this
        take = gain > best
        best, best_scale = np.where(take, gain, best), np.where(take, sum_xq * inverse(sum_qq), best_scale)
    return best_scale


def q6_k(rows, importance=None):
    rows = np.asarray(rows, np.float64)
    x = rows.reshape(-1, 16, 16)
    scale = fit_scale(x, error_weights(x, importance))

    peak = np.take_along_axis(scale, np.abs(scale).argmax(-1)[:, None], -1)
    d = f16(peak / -128)
    sc = np.clip(np.rint(scale * inverse(d.astype(np.float64))), -128, 127)
    step = sc * d.astype(np.float64)
    q = np.clip(np.rint(x * inverse(step)[..., None]) + 32, 0, 63).astype(np.uint8)

    q = q.reshape(-1, 2, 4, 32)                             # per 128: elements l, l+32, l+64, l+96
    ql = np.concatenate([q[:, :, :2] & 15 | (q[:, :, 2:] & 15) << 4], axis=2).reshape(-1, 128)
    qh = (q[:, :, 0] >> 4 | q[:, :, 1] >> 4 << 2 | q[:, :, 2] >> 4 << 4 | q[:, :, 3] >> 4 << 6).reshape(-1, 64)
    blocks = np.concatenate([ql, qh, sc.astype(np.int8).view(np.uint8), d.view(np.uint8)], axis=1)
    return np.ascontiguousarray(blocks.reshape(rows.shape[0], -1))


def main():
    from gguf import GGMLQuantizationType, quants
    vectors = np.load(sys.argv[1])
    x = vectors["x"].reshape(-1, 512)
    ratios = []
    for name, pack in (("Q4_K", q4_k), ("Q6_K", q6_k)):
        ours = quants.dequantize(pack(x), GGMLQuantizationType[name]).reshape(x.shape)
        theirs = vectors["d_" + name].reshape(x.shape)
        rms = [np.sqrt(np.mean((y.astype(np.float64) - x) ** 2, axis=1)) for y in (ours, theirs)]
        for row, (a, b) in enumerate(zip(*rms)):
            ratio = a / b if b else float(a > 0)
            ratios.append(ratio)
            print(f"{name} {str(vectors['names'][row]):24} rms error {a:.3e}, ggml's {b:.3e}, ratio {ratio:.3f}")
    print(f"ratio: mean {np.mean(ratios):.3f}, worst {max(ratios):.3f}")
    return int(np.mean(ratios) > 1.02 or max(ratios) > 1.3)


if __name__ == "__main__":
    sys.exit(main())
