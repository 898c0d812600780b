// SPDX-License-Identifier: Apache-2.0
// link_graph.h: the states that a model has met and the steps between them: packed states of the present and the next level, the set of all by
// a 64-bit hash (two of ten million fall together with a chance of 3 in a million), where each came from, and whether there is a cycle.
#ifndef LINK_GRAPH_H
#define LINK_GRAPH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// A state is packed as the words `a` that differ from the first state's, `z`.

typedef struct level {
    uint64_t *words;
    size_t n, cap, states;
} level;

// These three touch every byte of every state: without the sanitizers' checks, which the engines keep.
#define PLAIN __attribute__((no_sanitize("address", "undefined")))

PLAIN static void pack(level *l, const uint64_t *a, const uint64_t *z, size_t words)
{
    size_t maps = (words + 63) / 64;
    if (l->n + maps + words > l->cap) {
        l->cap = 2 * l->cap + maps + words;
        l->words = realloc(l->words, l->cap * sizeof *l->words);
        assert_non_null(l->words);
    }
    uint64_t *map = l->words + l->n, *out = map + maps;
    memset(map, 0, maps * sizeof *map);
    for (size_t i = 0; i < words; i++)
        if (a[i] != z[i]) {
            map[i / 64] |= 1ull << i % 64;
            *out++ = a[i] ^ z[i];
        }
    l->n = (size_t)(out - l->words);
}

// Unpacks the state at `map` to `a` and returns the place of the next.
PLAIN static const uint64_t *unpack(const uint64_t *map, uint64_t *a, const uint64_t *z, size_t words)
{
    size_t maps = (words + 63) / 64;
    memcpy(a, z, words * sizeof *a);
    const uint64_t *in = map + maps;
    for (size_t m = 0; m < maps; m++)
        for (uint64_t bits = map[m]; bits; bits &= bits - 1)
            a[64 * m + (size_t)__builtin_ctzll(bits)] ^= *in++;
    return in;
}

PLAIN static uint64_t hash(const uint64_t *p, size_t n)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < n; i++) {
        h = (h ^ p[i]) * 0xd6e8feb86659fd93u;
        h ^= h >> 32;
    }
    return h ? h : 1;
}

typedef struct graph {
    uint64_t *key;                           // by place: hash of a state, 0: free
    uint32_t *at;                            // by place: its number
    size_t places, states, cap, edges, edge_cap;
    uint32_t *parent;
    uint8_t *step;
    struct { uint32_t from, to; } *edge;       // 8 bytes a step
} graph;

static graph g;

static void rehash(void)
{
    size_t places = g.places ? 2 * g.places : 1 << 16;
    uint64_t *key = calloc(places, sizeof *key);
    uint32_t *at = malloc(places * sizeof *at);
    assert_true(key && at);
    for (size_t i = 0; i < g.places; i++)
        if (g.key[i]) {
            size_t p = g.key[i] & (places - 1);
            while (key[p])
                p = (p + 1) & (places - 1);
            key[p] = g.key[i];
            at[p] = g.at[i];
        }
    free(g.key);
    free(g.at);
    g.key = key;
    g.at = at;
    g.places = places;
}

// The number of a state; *fresh: it was not there.
static uint32_t number(uint64_t key, uint32_t parent, int step, bool *fresh)
{
    if (2 * g.states >= g.places)
        rehash();
    size_t p = key & (g.places - 1);
    while (g.key[p] && g.key[p] != key)
        p = (p + 1) & (g.places - 1);
    *fresh = !g.key[p];
    if (*fresh) {
        if (g.states == g.cap) {
            g.cap = 2 * g.cap + 1024;
            g.parent = realloc(g.parent, g.cap * sizeof *g.parent);
            g.step = realloc(g.step, g.cap);
            assert_true(g.parent && g.step);
        }
        g.key[p] = key;
        g.parent[g.states] = parent;
        g.step[g.states] = (uint8_t)step;
        g.at[p] = (uint32_t)g.states++;
    }
    return g.at[p];
}

static void link_states(uint32_t from, uint32_t to)
{
    if (g.edges == g.edge_cap) {
        g.edge_cap = 2 * g.edge_cap + 4096;
        g.edge = realloc(g.edge, g.edge_cap * sizeof *g.edge);
        assert_non_null(g.edge);
    }
    g.edge[g.edges].from = from;
    g.edge[g.edges++].to = to;
}

// Takes away states without predecessors until none is left: what then remains is on a cycle or behind one. Returns the longest run.
static uint32_t longest_run(void)
{
    uint32_t *in = calloc(g.states + 1, sizeof *in), *start = calloc(g.states + 1, sizeof *start), *depth = calloc(g.states, sizeof *depth);
    uint32_t *out = malloc((g.edges + 1) * sizeof *out), *queue = malloc(g.states * sizeof *queue), longest = 0;
    assert_true(in && start && depth && out && queue);
    for (size_t e = 0; e < g.edges; e++) {
        in[g.edge[e].to]++;
        start[g.edge[e].from + 1]++;
    }
    for (size_t s = 0; s < g.states; s++)
        start[s + 1] += start[s];
    for (size_t e = 0; e < g.edges; e++)
        out[start[g.edge[e].from]++] = g.edge[e].to;         // start[s] ends as the end of s's edges
    size_t head = 0, tail = 0;
    queue[tail++] = 0;
    assert_int_equal(in[0], 0);
    while (head < tail) {
        uint32_t s = queue[head++];
        longest = depth[s] > longest ? depth[s] : longest;
        for (uint32_t e = s ? start[s - 1] : 0; e < start[s]; e++) {
            uint32_t t = out[e];
            if (depth[t] < depth[s] + 1)
                depth[t] = depth[s] + 1;
            if (!--in[t])
                queue[tail++] = t;
        }
    }
    assert_int_equal(tail, g.states);                        // else a run can go on for ever
    free(in);
    free(start);
    free(depth);
    free(out);
    free(queue);
    return longest;
}

static void graph_free(void)
{
    free(g.key);
    free(g.at);
    free(g.parent);
    free(g.step);
    free(g.edge);
    memset(&g, 0, sizeof g);
}

#endif
