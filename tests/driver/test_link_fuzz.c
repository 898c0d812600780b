// SPDX-License-Identifier: Apache-2.0
// Random bytes, and random frames with right checks, into both ends of the link. ASan and UBSan look on; place() looks at the map.
#include "tests/driver/link_bench.h"

static bench b;

static void fuzz(void **state)
{
    (void)state;
    uint32_t runs = env("QN_RUNS", getenv("QN_SOAK") ? 5000000 : 300000);
    static uint8_t data[4 * 2000], junk[QN_LINK_FRAME_BYTES + 64];
    static qn_link_op ops[4];
    bench_init(&b, 4, 64, 50, 4);
    for (uint32_t i = 0; i < runs; i++) {
        if (b.host.state == QN_LINK_CLOSED)
            qn_link_host_open(&b.host);
        qn_link_op *op = &ops[draw(4)];
        if (op->result != QN_LINK_PENDING) {
            *op = (qn_link_op){.type = (uint8_t)(2 + draw(6)), .addr = BASE + draw(RAM), .words = draw(2000), .data = data, .value = draw(IDS)};
            if (op->type != QN_LINK_READ && op->type != QN_LINK_WRITE)
                op->addr = draw(REGS);
            qn_link_host_submit(&b.host, op);
        } else if (draw(50) == 0) {
            qn_link_host_cancel(&b.host, op);
        }
        size_t n = draw(100);
        for (size_t k = 0; k < n; k++)
            junk[k] = (uint8_t)draw(256);
        bool to_dev = draw(2);
        if (draw(3)) {
            qn_link_head head = {.type = (uint8_t)(draw(9) | (draw(2) ? 0x80 : 0)), .status = (uint8_t)(draw(3) ? 0 : draw(9)), .words = (uint16_t)draw(draw(4) ? 6 : 100)};
            if (draw(10) == 0)
                head.type = (uint8_t)draw(256);
            head.seq = (uint16_t)((to_dev ? b.dev.expect : b.host.base) + draw(8) - 3);
            if (head.type == 0x81)
                head.seq = b.host.tag, head.words = (uint16_t)(12 + 3 * draw(9));
            head.epoch = draw(8) == 0 ? draw(~0u) : to_dev ? (draw(4) ? b.dev.epoch : b.dev.offer) : b.host.epoch;
            uint8_t payload[400];
            for (size_t k = 0; k < sizeof payload; k++)
                payload[k] = (uint8_t)draw(256);
            qn_le32_put(payload, draw(2) ? BASE + draw(RAM) : draw(BELLS));
            qn_le32_put(payload + 4, draw(70));
            if (head.type == 0x81)
                qn_le32_put(payload + 4, (1u << draw(6)) | draw(10) << 8 | draw(600) << 16);
            n = qn_link_build(junk, &head, payload);
            if (draw(5) == 0)
                junk[draw((uint32_t)n)] ^= (uint8_t)(1 << draw(8));
            if (draw(20) == 0)
                n = draw((uint32_t)n);
        }
        if (to_dev)
            qn_link_dev_take(&b.dev, junk, n);
        else
            qn_link_host_take(&b.host, junk, n);
        for (int k = 0; k < 4; k++) {
            if (draw(2) && (n = qn_link_host_next(&b.host, junk)))
                qn_link_dev_take(&b.dev, junk, n);
            if (draw(2) && (n = qn_link_dev_next(&b.dev, junk)))
                qn_link_host_take(&b.host, junk, n);
        }
        qn_link_host_tick(&b.host, draw(30));
        qn_link_dev_tick(&b.dev, draw(30));
    }
    for (uint32_t t = 0; t < 4 * 50; t++) {                       // and then the line is dead: it ends
        while (qn_link_host_next(&b.host, junk))
            ;
        qn_link_host_tick(&b.host, 100);
    }
    for (int i = 0; i < 4; i++)
        assert_int_not_equal(ops[i].result, QN_LINK_PENDING);
    print_message("fuzz: %u inputs, %u executed, %u sessions, %u bytes skipped, %u frames with a wrong CRC\n", runs, b.dev.count.executed,
                  b.host.count.sessions, b.dev.rx.count.skipped + b.host.rx.count.skipped, b.dev.rx.count.bad + b.host.rx.count.bad);
}

int main(void)
{
    rng = env("QN_SEED", 20261126);
    print_message("QN_SEED=%u\n", rng);
    const struct CMUnitTest tests[] = {cmocka_unit_test(fuzz)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
