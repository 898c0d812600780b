// SPDX-License-Identifier: Apache-2.0
// Random programs: the sequencer hands the queues what the C model hands them, traps where it traps, and acts in the clocks that
// rtl/README.md states. Argument: seed.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "Vqn_seq.h"
#include "verilated.h"

extern "C" {
#include "sim/model/qn_seq.h"
}

static uint64_t rng;

static uint32_t rnd(uint32_t n)
{
    rng = rng * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(rng >> 33) % n;
}

// Programs: loops with counts of -1..3, arithmetic, tables, instructions of all units
struct Program {
    std::vector<uint32_t> words;
    uint32_t entry = 0;
};

static void emit(Program &p, qn_insn x)
{
    qn_insn_seal(&x);
    p.words.insert(p.words.end(), x.w, x.w + QN_INSN_WORDS);
}

static uint32_t here(const Program &p)
{
    return (uint32_t)p.words.size() / QN_INSN_WORDS;
}

static void body(Program &p, int depth, int n)
{
    static const enum qn_op queued[] = {QN_OP_STREAM, QN_OP_LOADV, QN_OP_GEMM, QN_OP_EMBED, QN_OP_STORE, QN_OP_LOGIT};
    while (n-- > 0) {
        qn_insn x = {{0}};
        unsigned kind = rnd(10);
        if (kind < 3) {
            qn_insn_op(&x, QN_OP_ALU);
            QN_PUT(x, ALU, DST, 1 + rnd(15));
            QN_PUT(x, ALU, FN, rnd(QN_ALU_COUNT));
            qn_insn_slot(&x, QN_SLOT_ALU_A, rnd(16), (int32_t)rnd(1u << 28));
            qn_insn_slot(&x, QN_SLOT_ALU_B, rnd(16), (int32_t)rnd(64) - 32);
            emit(p, x);
        } else if (kind == 3) {
            qn_insn_op(&x, QN_OP_LDT);
            QN_PUT(x, LDT, DST, 1 + rnd(15));
            qn_insn_slot(&x, QN_SLOT_LDT_INDEX, 0, (int32_t)rnd(8));
            emit(p, x);
        } else if (kind == 4) {
            qn_insn_op(&x, QN_OP_LDA);
            QN_PUT(x, LDA, DST, 1 + rnd(15));
            qn_insn_slot(&x, QN_SLOT_LDA_INDEX, 0, (int32_t)rnd(64));
            emit(p, x);
        } else if (kind == 5 && depth < 6) {
            uint32_t at = here(p);
            emit(p, x);
            body(p, depth + 1, 1 + (int)rnd(3));
            qn_insn_op(&x, QN_OP_LOOP);
            qn_insn_slot(&x, QN_SLOT_LOOP_COUNT, 0, (int32_t)rnd(5) - 1);
            qn_insn_slot(&x, QN_SLOT_LOOP_END, 0, (int32_t)here(p));
            qn_insn_seal(&x);
            memcpy(&p.words[at * QN_INSN_WORDS], x.w, sizeof x.w);
            qn_insn end = {{0}};
            qn_insn_op(&end, QN_OP_ENDLOOP);
            emit(p, end);
        } else {
            enum qn_op op = queued[rnd(6)];
            qn_insn_op(&x, op);
            qn_insn_put(&x, QN_INSN_WAIT0_LSB, 16, rnd(1 << 16));
            int slots = op == QN_OP_LOGIT ? 3 : op == QN_OP_EMBED ? 5 : op == QN_OP_STORE ? 4 : 6;
            for (int k = 0; k < slots; k++)
                qn_insn_slot(&x, k, rnd(16), (int32_t)rnd(1u << 28));
            if (op == QN_OP_STREAM)
                QN_PUT(x, STREAM, WIN, rnd(8));
            if (op == QN_OP_GEMM)
                QN_PUT(x, GEMM, UNIT, rnd(2));
            emit(p, x);
        }
    }
}

static Program make_program()
{
    Program p;
    body(p, 0, 4 + (int)rnd(12));
    qn_insn halt = {{0}};
    qn_insn_op(&halt, QN_OP_HALT);
    emit(p, halt);
    return p;
}

// Each way to be wrong: bad bits, an undefined opcode, a loop without a body, a table beyond the program ...
static void spoil(Program &p)
{
    uint32_t at = rnd(here(p));
    qn_insn x;
    memcpy(x.w, &p.words[at * QN_INSN_WORDS], sizeof x.w);
    switch (rnd(8)) {
    case 0: p.words[at * QN_INSN_WORDS + rnd(8)] ^= 1u << rnd(32); return;
    case 1: qn_insn_put(&x, 0, 8, 0x77); break;
    case 2: x = {{QN_OP_ENDLOOP}}; break;
    case 3: x = {{QN_OP_LDT | 3u << 24, 0, 0x0fffffff & (uint32_t)p.words.size()}}; break;
    case 4: x = {{QN_OP_LDA | 3u << 24, 0, 64}}; break;
    case 5: x = {{QN_OP_ALU | 7u << 28 | 1u << 24}}; break;
    case 6: x = {{QN_OP_LDA}}; break;
    default: x.w[2 + rnd(6)] ^= 1u << 31; x.w[0] ^= 1u << (24 + rnd(8)); break;
    }
    qn_insn_seal(&x);
    memcpy(&p.words[at * QN_INSN_WORDS], x.w, sizeof x.w);
}

static Vqn_seq *top;
static uint32_t args[QN_ARGS];

static void fail(const char *what, uint64_t got, uint64_t want)
{
    printf("%s: got 0x%llx, expected 0x%llx\n", what, (unsigned long long)got, (unsigned long long)want);
    exit(1);
}

static void settle()
{
    top->eval();
    top->arg_data_i = args[top->arg_index_o];
    top->eval();
}

static void tick()
{
    top->clk_i = 1;
    top->eval();
    top->clk_i = 0;
    top->eval();
}

static void run(const Program &p, bool load, unsigned full_percent)
{
    static qn_seq model;
    qn_seq_init(&model, p.words.data(), (uint32_t)p.words.size(), p.entry, args);

    top->rst_ni = 0;
    top->start_i = 0;
    top->stop_i = 0;
    top->rsp_valid_i = 0;
    top->req_ready_i = 0;
    top->drained_i = 0;
    tick();
    top->rst_ni = 1;
    top->entry_i = p.entry;
    top->prog_addr_i = 1000 + rnd(16);
    top->prog_words_i = (uint32_t)p.words.size();
    top->load_i = load;
    top->start_i = 1;
    settle();
    tick();
    top->start_i = 0;

    std::vector<uint32_t> asked;                     // words under way
    uint64_t now = 1, act = load ? 0 : 11, last_word = 0, words_seen = 0, asked_words = 0;
    bool stalled = false;
    unsigned pushed = 15;                    // to which queues in the last clock
    for (;; now++) {
        if (now > 200000)
            fail("no end after clocks", now, 0);
        top->req_ready_i = rnd(3) != 0;
        top->rsp_valid_i = !asked.empty() && rnd(4) != 0;
        if (top->rsp_valid_i) {
            top->rsp_data_i = asked.front();
            asked.erase(asked.begin());
            last_word = now;
            words_seen++;
        }
        const unsigned room = top->push_ready_i;         // of the last clock; it goes by a push only
        for (int u = 0; u < 4; u++)
            if ((pushed & 1u << u) || !(room & 1u << u))
                top->push_ready_i = (uint8_t)((top->push_ready_i & ~(1u << u)) | (rnd(100) >= full_percent) << u);
        pushed = 0;
        settle();
        if (top->req_valid_o && top->req_ready_i) {
            uint32_t at = top->req_addr_o - top->prog_addr_i;
            if (top->req_addr_o % 16 + top->req_len_o > 16 || top->req_len_o == 0 || at != asked_words)
                fail("burst", top->req_addr_o, top->prog_addr_i + asked_words);
            for (unsigned i = 0; i < top->req_len_o; i++)
                asked.push_back(p.words.at(at + i));
            asked_words += top->req_len_o;
        }
        if (load && act == 0 && words_seen == p.words.size())
            act = last_word + 12;

        bool halted = false;
        if (act && now == act) {
            // The model's next instruction acts in this clock
            qn_seq before = model;
            qn_entry e;
            enum qn_seq_result r = qn_seq_step(&model, &e);
            if (r == QN_SEQ_TRAP) {
                if (!top->trap_valid_o)
                    fail("no trap, cause", 0, model.trap);
                if (top->trap_cause_o != model.trap)
                    fail("cause", top->trap_cause_o, model.trap);
                if (model.trap != QN_TRAP_CHECK && top->trap_addr_o != model.trap_addr)
                    fail("trap addr", top->trap_addr_o, model.trap_addr);
                if (top->trap_pc_o != e.pc)
                    fail("trap pc", top->trap_pc_o, e.pc);
                return;
            }
            if (top->trap_valid_o)
                fail("trap", top->trap_cause_o, 0);
            if (e.unit != QN_UNIT_SEQ) {
                unsigned want = 1u << (e.unit - QN_UNIT_LOAD);
                stalled = !(room & want);
                if (top->push_valid_o != (stalled ? 0 : want))
                    fail("queue", top->push_valid_o, want);
                pushed = top->push_valid_o;
                for (int k = 0; k < QN_SLOTS; k++)
                    if (top->push_data_o[k] != (uint32_t)e.v[k])
                        fail("slot", top->push_data_o[k], (uint32_t)e.v[k]);
                uint32_t w6 = (e.x.w[0] & 0xff) | (e.x.w[0] >> 8 & 0xffff) << 8 | (e.x.w[0] >> 24) << 24;
                uint32_t w7 = e.x.w[1] >> 16 | e.pc << 16;
                if (top->push_data_o[6] != w6)
                    fail("head", top->push_data_o[6], w6);
                if (top->push_data_o[7] != w7)
                    fail("flags and index", top->push_data_o[7], w7);
                if (stalled)
                    model = before;
            } else if (top->push_valid_o) {
                fail("pushes", top->push_valid_o, 0);
            }
            bool jump = (e.op == QN_OP_LOOP && e.skipped) || (e.op == QN_OP_ENDLOOP && !e.skipped);
            act = stalled ? now + 1 : now + (jump ? 11 : e.op == QN_OP_LDT ? 9 : 8);
            stalled = false;
            halted = r == QN_SEQ_HALT;
        } else if (top->push_valid_o || top->trap_valid_o) {
            fail("acts in a clock that is not its own; clock", now, act);
        }
        tick();
        if (halted)
            break;
    }
    for (unsigned i = 0; i < 20; i++) {
        top->drained_i = i == 19;
        settle();
        if (top->done_o != (i == 19) || top->push_valid_o || top->trap_valid_o)
            fail("done", top->done_o, i == 19);
        tick();
    }
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], nullptr, 0) : 1;
    top = new Vqn_seq;
    for (unsigned i = 0; i < 3000; i++) {
        rng = seed * 1000003 + i;
        for (uint32_t &a : args)
            a = rnd(1u << 31);
        Program p = make_program();
        if (i % 3 == 2)
            spoil(p);
        if (i % 50 == 49)
            p.entry = here(p);
        if (i % 50 == 48)
            p.words.resize(p.words.size() - 8);      // runs off the end
        bool kept = i % 7 == 6;                      // run again what lies in the program memory
        run(p, true, i % 2 ? 60 : 0);
        if (kept)
            run(p, false, 0);
    }
    delete top;
    return 0;
}
