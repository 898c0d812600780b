// SPDX-License-Identifier: Apache-2.0
#include "compiler/back/qn_trig.h"

#include <math.h>

#define LN2 0.693147180559945309417232121458
#define TWO_PI 6.283185307179586476925286766559

// ln x = e ln 2 + 2 atanh((m - 1) / (m + 1)), m in [0.7, 1.42)
static double ln(double x)
{
    int e;
    double m = frexp(x, &e);
    if (m < 0.70710678118654752) {
        m *= 2;
        e--;
    }
    double t = (m - 1) / (m + 1), t2 = t * t, sum = 0;
    for (int k = 41; k >= 1; k -= 2)
        sum = sum * t2 + 1.0 / k;
    return e * LN2 + 2 * t * sum;
}

static double exponential(double x)
{
    double k = floor(x / LN2 + 0.5), r = x - k * LN2, sum = 1;
    for (int i = 24; i >= 1; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, (int)k);
}

// Taylor series of sine (odd 1) or cosine (odd 0) on [-pi, pi].
static double series(double x, int odd)
{
    double x2 = x * x, sum = 0;
    for (int k = 30 + odd; k >= 2; k -= 2)
        sum = (1 + sum) * -x2 / (k * (k - 1.0));
    return (1 + sum) * (odd ? x : 1);
}

void qn_trig_rope(unsigned pos, unsigned i, unsigned n, float base, float *c, float *s)
{
    double angle = pos * exponential(-2.0 * i / n * ln(base));
    angle -= floor(angle / TWO_PI + 0.5) * TWO_PI;
    *c = (float)series(angle, 0);
    *s = (float)series(angle, 1);
}
