// SPDX-License-Identifier: Apache-2.0
// sdram_part.h: an SDR SDRAM of 4 banks x 8192 rows x 512 columns x 16 bits (MT48LC16M16A2 and its like) at its pins, for benches.
//
//     std::vector<uint16_t> cells(sdram_part::CELLS);          // the data, row : bank : column, the way a stream walks; the caller's
//     sdram_part part(sdram_part::speed_75, 7518, cells.data());   // data sheet's table, picoseconds of a clock
//     at each rising edge of the part's clock:
//         top.dq_i = part.drives() ? part.dq() : anything;     // as the controller samples it at this edge
//         ... the controller's edge ...
//         part.clock(pins as they were before this edge);      // throws std::runtime_error, naming the rule that was broken
//
// It moves the data and refuses what the data sheet forbids: times in nanoseconds, states of banks, the order of initialization, the
// refresh interval, collisions on the data pins. What it allows but a controller of ours never means (bursts cut short, automatic
// precharge, masked reads) is refused too. Written from the data sheets; it knows nothing of sim/model/qn_sdram.c.
#ifndef SDRAM_PART_H
#define SDRAM_PART_H

#include <cstdint>
#include <cstdio>
#include <deque>
#include <stdexcept>
#include <string>

class sdram_part {
public:
    struct timing {                          // picoseconds
        int64_t rcd, rp, rc, ras, ras_max, rfc, rrd, wr;
        unsigned cl;                         // clocks
    };
    static constexpr timing speed_75 = {20000, 20000, 66000, 44000, 120000000, 66000, 15000, 15000, 3};
    static constexpr timing speed_75_cl2 = {20000, 20000, 66000, 44000, 120000000, 66000, 15000, 15000, 2};

    struct pins {
        bool cke, cs_n, ras_n, cas_n, we_n;
        unsigned ba, a, dqm, dq;
        bool oe;
    };

    enum { BANKS = 4, ROWS = 8192, COLUMNS = 512, CELLS = BANKS * ROWS * COLUMNS };
    uint64_t refreshes = 0, activates = 0, clocks = 0;

    sdram_part(const timing &t, int64_t clock_ps, uint16_t *cells) : cell(cells), t(t), tck(clock_ps) {}

    bool drives() const { return driving; }
    unsigned dq() const { return out; }

    void clock(const pins &p)
    {
        clocks++;
        now = int64_t(clocks) * tck;
        if (p.oe && (driving || drove))
            refuse("data pins: the controller drives while the part does, or in the clock after");
        if (!p.cke) {
            if (stage != POWER)
                refuse("CKE low");
            cke_since = now;
        } else {
            command(p);
        }
        if (!writing.empty())
            take_beat(p);
        if (p.dqm && stage == RUN)
            for (const beat &b : reading)
                if (b.valid_at == clocks + 2)
                    refuse("DQM masks a beat read");
        // The beat that is valid at the next edge
        drove = driving;
        driving = !reading.empty() && reading.front().valid_at == clocks + 1;
        if (driving) {
            out = cell[reading.front().at];
            reading.pop_front();
        }
        if (stage == RUN && now - run_since - REF_SLACK > int64_t(run_refreshes + 1) * REF_INTERVAL)
            refuse("refresh: fewer than 8192 in 64 ms");
    }

private:
    static constexpr int64_t AGO = -1000000000, POWER_UP = 200000000, WINDOW = 64000000000, REF_INTERVAL = WINDOW / 8192, REF_SLACK = 3900000;
    enum { PRE_ALL = 1 << 10, BURST = 2, MRD = 2 };
    enum stages { POWER, REFRESH, RUN };
    struct bank {
        bool open = false;
        unsigned row = 0;
        int64_t act = AGO, pre = AGO, write_end = AGO;
        uint64_t read = 0;                   // clock of the last READ
    };
    struct beat {
        uint64_t valid_at;
        size_t at;
        unsigned ba;
    };

    uint16_t *const cell;
    const timing t;
    const int64_t tck;
    int64_t now = 0, cke_since = 0, act = AGO, ref = AGO, run_since = 0;
    uint64_t mode = 0, column = 0, run_refreshes = 0;    // clocks of the last LOAD MODE and of the last READ or WRITE, 0 if none
    stages stage = POWER;
    unsigned init_refreshes = 0;
    bank banks[BANKS];
    std::deque<beat> reading, writing;
    std::deque<int64_t> last_8192;
    bool driving = false, drove = false;
    unsigned out = 0;

    [[noreturn]] void refuse(const std::string &what) const
    {
        throw std::runtime_error("sdram_part: " + what + ", clock " + std::to_string(clocks));
    }

    void rule(const char *name, unsigned ba, int64_t since, int64_t need) const
    {
        if (now - since < need)
            refuse(std::string(name) + ": bank " + std::to_string(ba) + ", " + std::to_string(now - since) + " ps, the part needs " + std::to_string(need));
    }

    void command(const pins &p)
    {
        if (p.cs_n)
            return;
        unsigned code = p.ras_n << 2 | p.cas_n << 1 | p.we_n;
        if (code == 7)
            return;
        if (now - cke_since < POWER_UP)
            refuse("a command within 200 us of power-up");
        if (mode && clocks - mode < MRD)
            refuse("tMRD: a command after LOAD MODE");
        if (stage != RUN && code != 0 && p.dqm != 3)
            refuse("initialization: DQM is to be high");
        bank &k = banks[p.ba];
        switch (code) {
        case 0: load_mode(p.a); break;
        case 1: refresh(); break;
        case 2:
            for (unsigned b = 0; b < BANKS; b++)
                if ((p.a & PRE_ALL) || b == p.ba)
                    precharge(b);
            if (stage == POWER && (p.a & PRE_ALL))
                stage = REFRESH;
            break;
        case 3:
            if (stage != RUN)
                refuse("ACTIVATE before the mode register was set");
            if (k.open)
                refuse("ACTIVATE of an open bank");
            rule("tRP before ACTIVATE", p.ba, k.pre, t.rp);
            rule("tRC", p.ba, k.act, t.rc);
            rule("tRFC before ACTIVATE", p.ba, ref, t.rfc);
            rule("tRRD", p.ba, act, t.rrd);
            if (p.a >= ROWS)
                refuse("row beyond the part");
            k.open = true;
            k.row = p.a;
            k.act = act = now;
            activates++;
            break;
        case 4:
        case 5: access(p, code == 4); break;
        default: refuse("BURST TERMINATE");
        }
    }

    void access(const pins &p, bool write)
    {
        bank &k = banks[p.ba];
        if (!k.open)
            refuse(std::string(write ? "WRITE" : "READ") + " of a closed bank");
        rule("tRCD", p.ba, k.act, t.rcd);
        if (p.a & PRE_ALL)
            refuse("automatic precharge");
        if (p.a >= COLUMNS)
            refuse("column beyond the part");
        if (p.a & (BURST - 1))
            refuse("burst that wraps");
        if (column && clocks - column < BURST)
            refuse("burst cut short by a column command");
        column = clocks;
        for (unsigned i = 0; i < BURST; i++)
            (write ? writing : reading).push_back({clocks + (write ? i : t.cl + i), place(p.ba, k.row, p.a + i), p.ba});
        if (!write)
            k.read = clocks;
    }

    // A beat written is taken at this edge
    void take_beat(const pins &p)
    {
        const beat b = writing.front();
        if (b.valid_at != clocks)
            return;
        writing.pop_front();
        if (!p.oe)
            refuse("WRITE without data");
        unsigned keep = (p.dqm & 1 ? 0xff : 0) | (p.dqm & 2 ? 0xff00 : 0);
        cell[b.at] = uint16_t((cell[b.at] & keep) | (p.dq & ~keep));
        banks[b.ba].write_end = now;
    }

    void precharge(unsigned b)
    {
        bank &k = banks[b];
        if (!k.open)
            return;
        rule("tRAS", b, k.act, t.ras);
        if (now - k.act > t.ras_max)
            refuse("tRAS: row open for too long");
        rule("tWR", b, k.write_end, t.wr);
        if (k.read && clocks - k.read < BURST)
            refuse("burst read cut short by PRECHARGE");
        for (const beat &w : writing)
            if (w.ba == b)
                refuse("burst written cut short by PRECHARGE");
        k.open = false;
        k.pre = now;
    }

    void all_idle(const char *what) const
    {
        for (unsigned b = 0; b < BANKS; b++) {
            if (banks[b].open)
                refuse(std::string(what) + " with an open bank");
            rule("tRP before REFRESH or LOAD MODE", b, banks[b].pre, t.rp);
        }
        rule("tRFC", 0, ref, t.rfc);
    }

    void refresh()
    {
        if (stage == POWER)
            refuse("initialization: REFRESH before PRECHARGE of all banks");
        all_idle("REFRESH");
        ref = now;
        refreshes++;
        if (stage == REFRESH)
            init_refreshes++;
        else
            run_refreshes++;
        last_8192.push_back(now);
        if (last_8192.size() > 8192) {
            if (stage == RUN && last_8192[0] >= run_since && now - last_8192[0] > WINDOW)
                refuse("refresh: 8192 took longer than 64 ms");
            last_8192.pop_front();
        }
    }

    void load_mode(unsigned a)
    {
        if (stage != REFRESH || init_refreshes < 2)
            refuse("initialization: LOAD MODE before PRECHARGE of all banks and two refreshes");
        all_idle("LOAD MODE");
        if (a != (t.cl << 4 | 1u))
            refuse("LOAD MODE: not bursts of two at this latency");
        stage = RUN;
        mode = clocks;
        run_since = now;
    }

    static size_t place(unsigned ba, unsigned row, unsigned a) { return (size_t{row} * BANKS + ba) * COLUMNS + a; }
};

#endif
