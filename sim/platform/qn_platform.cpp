// SPDX-License-Identifier: Apache-2.0
// SystemC modules: memory (TLM target, direct access for the SDRAM's cells), board (clocks the Verilated system and the part; TLM target
// for the link's bytes), host (TLM initiator), and where the link goes over USB, cable: the Verilated device at its wires and a host that drives
// them. The board runs a quantum of clocks between two waits (temporal decoupling), with USB a clock.
#include <deque>
#include <memory>
#include <string>
#include <vector>

// Before SystemC's: the system is clocked by hand, and Verilator's headers would take SystemC's time where they find it
#include "Vqn_soc_ulx3s.h"
#include "Vqn_soc_ulx3s___024root.h"
#include "Vqn_usb_fs.h"
#include "verilated.h"
#if VM_TRACE
#include "verilated_fst_c.h"
#endif

#include <systemc>
#include <tlm.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "sim/platform/qn_platform.h"
#include "sim/platform/sdram_part.h"
#include "sim/platform/usb_wire.h"

extern "C" {
#include "driver/qn_err.h"
#include "rtl/spec/qn_isa.h"
#include "rtl/spec/qn_usb_desc.h"
}

namespace {

enum { QUANTUM = 256 };

struct memory : sc_core::sc_module {
    tlm_utils::simple_target_socket<memory> socket;
    std::vector<uint8_t> cells;

    memory(sc_core::sc_module_name name, size_t bytes) : sc_module(name), socket("socket"), cells(bytes)
    {
        socket.register_b_transport(this, &memory::b_transport);
        socket.register_transport_dbg(this, &memory::transport_dbg);
        socket.register_get_direct_mem_ptr(this, &memory::direct);
    }
    unsigned transport_dbg(tlm::tlm_generic_payload &t)
    {
        uint64_t at = t.get_address(), n = t.get_data_length();
        if (at > cells.size() || n > cells.size() - at)
            return 0;
        if (t.is_write())
            std::memcpy(&cells[at], t.get_data_ptr(), n);
        else if (t.is_read())
            std::memcpy(t.get_data_ptr(), &cells[at], n);
        return (unsigned)n;
    }
    void b_transport(tlm::tlm_generic_payload &t, sc_core::sc_time &)
    {
        t.set_response_status(transport_dbg(t) == t.get_data_length() ? tlm::TLM_OK_RESPONSE : tlm::TLM_ADDRESS_ERROR_RESPONSE);
    }
    bool direct(tlm::tlm_generic_payload &, tlm::tlm_dmi &d)
    {
        d.set_dmi_ptr(cells.data());
        d.set_start_address(0);
        d.set_end_address(cells.size() - 1);
        d.allow_read_write();
        return true;
    }
};

struct board : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<board> mem;
    tlm_utils::simple_target_socket<board> link;     // WRITE: bytes from the host; READ: as many as there are, the rest of the length 0
    const qn_target *target;
    sc_core::sc_time period;
    std::unique_ptr<VerilatedContext> context;
    std::unique_ptr<Vqn_soc_ulx3s> top;
    std::unique_ptr<sdram_part> part;
    std::deque<uint8_t> in, out;
    std::deque<uint8_t> packet;              // of the frame that is under way: the host gets it whole, as from USB
    std::string console, why;
    Vqn_usb_fs *usb = nullptr;               // between the bytes and the system
    uint64_t now = 0;
    uint32_t one_in = 0, noise = 1;
    uint32_t ms_clocks;                      // of the board's millisecond
    uint64_t us = 0, us_from = 0;            // its time when that was set, and the clock
    unsigned held = 0;                       // QN_PLATFORM_..., until this clock
    uint64_t held_until = 0;
    bool patched = false;                    // this word of ROM was that, in this start of the CPU
    uint32_t patch_word = 0, patch_was = 0, patch_start = 0;
#if VM_TRACE
    std::unique_ptr<VerilatedFstC> trace;
#endif

    SC_HAS_PROCESS(board);
    board(sc_core::sc_module_name name, const qn_target *t)
        : sc_module(name), mem("mem"), link("link"), target(t), period(1e12 / t->clock_hz, sc_core::SC_PS), ms_clocks(t->clock_hz / 1000)
    {
        link.register_b_transport(this, &board::b_transport);
        SC_THREAD(thread);
    }

    void power()
    {
        tlm::tlm_generic_payload t;
        tlm::tlm_dmi d;
        if (!mem->get_direct_mem_ptr(t, d))
            sc_core::sc_abort();
        top.reset();
        context = std::make_unique<VerilatedContext>();
        context->traceEverOn(VM_TRACE);
        top = std::make_unique<Vqn_soc_ulx3s>(context.get());
        part = std::make_unique<sdram_part>(sdram_part::speed_75, (int64_t)(5e11 / target->clock_hz), reinterpret_cast<uint16_t *>(d.get_dmi_ptr()));
        in.clear();
        out.clear();
        packet.clear();
        console.clear();
        why.clear();
        now = one_in = 0;
        us = us_from = held = 0;
        patched = false;
        top->rst_ni = 0;
        for (int i = 0; i < 4; i++)
            clock();
        top->rst_ni = 1;
    }

    bool hit()
    {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        return one_in && noise % one_in == 0;
    }
    // A byte on the line: through, lost or changed
    void pass(std::deque<uint8_t> &to, uint8_t b)
    {
        if (!hit())
            to.push_back(b);
        else if (noise >> 20 & 1)
            to.push_back(b ^ (uint8_t)(1 << (noise >> 24 & 7)));
    }
    void b_transport(tlm::tlm_generic_payload &t, sc_core::sc_time &)
    {
        uint8_t *p = t.get_data_ptr();
        unsigned n = t.get_data_length();
        if (t.is_write()) {
            for (unsigned i = 0; i < n; i++)
                usb ? in.push_back(p[i]) : pass(in, p[i]);
        } else {
            unsigned k = n < out.size() ? n : (unsigned)out.size();
            for (unsigned i = 0; i < k; i++)
                p[i] = out[i];
            out.erase(out.begin(), out.begin() + k);
            t.set_data_length(k);
        }
        t.set_response_status(tlm::TLM_OK_RESPONSE);
    }

    // The memory's edge inside the core's clock, then the edge that both share
    void memory_edge(bool core)
    {
        const sdram_part::pins p = {top->cke_o != 0, top->cs_no != 0, top->ras_no != 0, top->cas_no != 0, top->we_no != 0, top->ba_o, top->a_o,
                                    top->dqm_o, top->dq_o, top->dq_oe_o != 0};
        top->dq_i = (uint16_t)part->dq();
        top->clk2x_i = 1;
        top->clk_i = core;
        top->eval();
        part->clock(p);
        top->clk2x_i = 0;
        top->eval();
    }
    void clock()
    {
        top->in_valid_i = usb ? usb->in_valid_o : !in.empty();
        top->in_data_i = usb ? usb->in_data_o : in.empty() ? 0 : in.front();
        top->out_ready_i = usb ? usb->out_ready_o : 1;
        top->console_ready_i = 1;
        memory_edge(false);
        bool taken = !usb && top->in_valid_i && top->in_ready_o;
        if (usb) {
            usb->in_ready_i = top->in_ready_o;
            usb->out_valid_i = top->out_valid_o;
            usb->out_data_i = top->out_data_o;
            usb->out_last_i = top->out_last_o;
            usb->rst_ni = top->rst_ni;
            usb->clk_i = 1;
            usb->eval();
            usb->clk_i = 0;
            usb->eval();
        } else if (top->out_valid_o) {
            pass(packet, top->out_data_o);
            if (top->out_last_o) {
                out.insert(out.end(), packet.begin(), packet.end());
                packet.clear();
            }
        }
        if (top->console_valid_o)
            console += (char)top->console_data_o;
        memory_edge(true);
#if VM_TRACE
        if (trace)
            trace->dump(now);
#endif
        if (taken)
            in.pop_front();
        now++;
        meddle();
    }
    // What a test has done to the inside (knobs.vlt)
    void meddle()
    {
        Vqn_soc_ulx3s___024root *r = top->rootp;
        if (r->qn_soc__DOT__u_cpu__DOT__tick_q >= ms_clocks)
            r->qn_soc__DOT__u_cpu__DOT__tick_q = ms_clocks - 1;
        if (held && now >= held_until)
            held = 0;
        if (held & QN_PLATFORM_CORE)
            r->qn_soc__DOT__u_mem__DOT__core_q = 0;
        if (held & QN_PLATFORM_READS)
            r->qn_soc__DOT__u_mem__DOT__room_q = 0;
        if (patched && r->qn_soc__DOT__u_cpu__DOT__starts_q != patch_start)
            unpatch();
    }
    void patch(uint32_t word, uint32_t insn)
    {
        unpatch();
        patch_word = word;
        patch_was = top->rootp->qn_soc__DOT__u_cpu__DOT__u_rom__DOT__rom[word];
        patch_start = top->rootp->qn_soc__DOT__u_cpu__DOT__starts_q;
        top->rootp->qn_soc__DOT__u_cpu__DOT__u_rom__DOT__rom[word] = insn;
        patched = true;
    }
    void unpatch()
    {
        if (patched)
            top->rootp->qn_soc__DOT__u_cpu__DOT__u_rom__DOT__rom[patch_word] = patch_was;
        patched = false;
    }
    uint64_t time_us() const
    {
        return us + (now - us_from) * 1000 / ms_clocks;
    }
    void thread()
    {
        for (;;) {
            int n = usb ? 1 : QUANTUM;
            try {
                for (int i = 0; why.empty() && i < n; i++)
                    clock();
            } catch (const std::exception &e) {
                why = e.what();
            }
            wait(n * period);
        }
    }
};

// The wires of USB: the device's side at 48 and 12 MHz, the host's in a thread, four looks a bit
struct cable : sc_core::sc_module, usb_wire {
    struct unplugged {};
    board &b;
    std::unique_ptr<VerilatedContext> verilated;
    std::unique_ptr<Vqn_usb_fs> top;
    sc_core::sc_event plugged;
    unsigned plugs = 0, mine = 0, phase = 0;
    const sc_core::sc_time quarter = sc_core::sc_time(1e6 / 48, sc_core::SC_PS);

    SC_HAS_PROCESS(cable);
    cable(sc_core::sc_module_name name, board &on) : sc_module(name), b(on) { SC_THREAD(thread); }

    // Before the board's power-on; `use` false: the link's bytes go straight to the system
    void plug(bool use)
    {
        top.reset();
        verilated = std::make_unique<VerilatedContext>();
        if (use)
            top = std::make_unique<Vqn_usb_fs>(verilated.get());
        b.usb = top.get();
        plugs++;
        if (!use)
            return;
        for (int i = 0; i < 40; i++) {
            edge(true, false);
            top->clk_i = i & 1;
        }
        plugged.notify(sc_core::SC_ZERO_TIME);
    }
    void edge(bool dp, bool dn)
    {
        phase = (phase + 1) % 4;
        top->dp_i = dp;
        top->dn_i = dn;
        top->clk12_i = phase < 2;
        top->clk48_i = 1;
        top->eval();
        top->clk48_i = 0;
        top->eval();
    }
    bool attached() override { return top->pullup_o; }
    pins tick(bool drive, bool dp, bool dn) override
    {
        bool p = drive ? dp : top->oe_o ? top->dp_o : top->pullup_o, n = drive ? dn : top->oe_o && top->dn_o;
        if (drive && top->oe_o)
            usb_fail("host and device drive at once");
        edge(p, n);
        wait(quarter);
        if (mine != plugs)
            throw unplugged();
        return {p, n};
    }
    void thread()
    {
        for (;;) {
            while (!top)
                wait(plugged);
            mine = plugs;
            try {
                usb_host usb(*this, QN_USB_OUT, QN_USB_IN);
                usb.enumerate();
                for (;;) {
                    if (usb.one_in != b.one_in)
                        usb.noise = b.noise;
                    usb.one_in = b.one_in;
                    for (; !b.in.empty() && usb.waiting() < 4096; b.in.pop_front())
                        usb.to_device.push_back(b.in.front());
                    usb.turn();
                    if (!usb.short_packet && usb.from_device.size() < 65536)
                        continue;
                    b.out.insert(b.out.end(), usb.from_device.begin(), usb.from_device.end());
                    usb.from_device.clear();
                    usb.short_packet = false;
                }
            } catch (const unplugged &) {
            } catch (const usb_error &e) {
                b.why = e.what();
                wait(plugged);
            }
        }
    }
};

struct host : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<host> link;
    explicit host(sc_core::sc_module_name name) : sc_module(name), link("link") {}

    unsigned move(tlm::tlm_command command, uint8_t *bytes, size_t n)
    {
        tlm::tlm_generic_payload t;
        sc_core::sc_time none = sc_core::SC_ZERO_TIME;
        t.set_command(command);
        t.set_data_ptr(bytes);
        t.set_data_length((unsigned)n);
        t.set_streaming_width((unsigned)n);
        t.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
        link->b_transport(t, none);
        return t.is_response_ok() ? t.get_data_length() : 0;
    }
};

}

// One in a process: modules live as long as SystemC's simulation
struct qn_platform {
    memory mem;
    board b;
    cable usb;
    host h;
    bool open = false;

    explicit qn_platform(const qn_target *t) : mem("memory", t->mem_bytes), b("board", t), usb("cable", b), h("host")
    {
        b.mem.bind(mem.socket);
        h.link.bind(b.link);
    }
};

int sc_main(int, char **)
{
    return 0;
}

int qn_platform_open(qn_platform **out, const char *name)
{
    static qn_platform *only;
    *out = nullptr;
    const std::string place(name);
    const qn_target *t = qn_target_find("ulx3s");
    if (!t || (place != "ulx3s" && place != "ulx3s/usb"))
        return QN_ERR_NO_TARGET;
    if (only && only->open)
        return QN_ERR_BUSY;
    if (!only)
        only = new qn_platform(t);
    only->open = true;
    only->usb.plug(place == "ulx3s/usb");
    only->b.power();
    *out = only;
    return 0;
}

void qn_platform_close(qn_platform *p)
{
    if (!p)
        return;
#if VM_TRACE
    if (p->b.trace)
        p->b.trace->close();
    p->b.trace.reset();
#endif
    p->b.top->final();
    p->open = false;
}

void qn_platform_put(qn_platform *p, const uint8_t *bytes, size_t n)
{
    std::vector<uint8_t> copy(bytes, bytes + n);
    p->h.move(tlm::TLM_WRITE_COMMAND, copy.data(), n);
}

size_t qn_platform_get(qn_platform *p, uint8_t *bytes, size_t room)
{
    return p->h.move(tlm::TLM_READ_COMMAND, bytes, room);
}

int qn_platform_run(qn_platform *p, uint32_t clocks)
{
    uint64_t end = p->b.now + clocks;
    while (p->b.why.empty() && p->b.out.empty() && p->b.now < end)
        sc_core::sc_start(QUANTUM * p->b.period);            // also with USB: fewer returns to the caller
    return p->b.why.empty() ? 0 : QN_ERR_IO;
}

const char *qn_platform_why(const qn_platform *p)
{
    return p->b.why.c_str();
}

uint64_t qn_platform_clocks(const qn_platform *p)
{
    return p->b.now;
}

size_t qn_platform_console(qn_platform *p, char *text, size_t room)
{
    size_t n = p->b.console.copy(text, room - 1);
    text[n] = 0;
    p->b.console.erase(0, n);
    return n;
}

void qn_platform_disturb(qn_platform *p, uint32_t one_in, uint32_t seed)
{
    p->b.one_in = one_in;
    p->b.noise = seed ? seed : 1;
}

void qn_platform_flip(qn_platform *p, uint32_t word, unsigned bit)
{
    uint8_t byte = 0;
    tlm::tlm_generic_payload t;
    t.set_address(4ull * word + bit / 8);
    t.set_data_ptr(&byte);
    t.set_data_length(1);
    t.set_command(tlm::TLM_READ_COMMAND);
    p->b.mem->transport_dbg(t);
    byte ^= (uint8_t)(1 << bit % 8);
    t.set_command(tlm::TLM_WRITE_COMMAND);
    p->b.mem->transport_dbg(t);
}

void qn_platform_hurry(qn_platform *p, uint32_t clocks)
{
    p->b.us = p->b.time_us();
    p->b.us_from = p->b.now;
    p->b.ms_clocks = clocks ? clocks : p->b.target->clock_hz / 1000;
}

uint64_t qn_platform_us(const qn_platform *p)
{
    return p->b.time_us();
}

void qn_platform_hold(qn_platform *p, unsigned what, uint64_t clocks)
{
    p->b.held = clocks ? what : 0;
    p->b.held_until = p->b.now + clocks;
}

void qn_platform_patch(qn_platform *p, uint32_t addr, uint32_t insn)
{
    p->b.patch(addr / 4, insn);
}

int qn_platform_waves(qn_platform *p, const char *path)
{
#if VM_TRACE
    p->b.trace = std::make_unique<VerilatedFstC>();
    p->b.top->trace(p->b.trace.get(), 99);
    p->b.trace->open(path);
    return p->b.trace->isOpen() ? 0 : QN_ERR_IO;
#else
    (void)p;
    (void)path;
    return QN_ERR_UNSUPPORTED;
#endif
}
