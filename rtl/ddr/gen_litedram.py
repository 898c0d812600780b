#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""LiteDRAM's standalone core as Verilog: gen_litedram.py board|sim FOLDER > MODULE.v

board: DDR3 of 16 bits behind an ECP5's pins (LiteDRAM's ECP5DDRPHY), with the PLL that makes its clocks and the system's; no CPU: a Wishbone bus of its
registers comes out, by which the firmware initializes the part (rtl/spec/ddr.def, which is held against what is generated). sim: the same controller with
the same timings before LiteDRAM's own model of a part, 32 MB, which prints what breaks a timing, and with the registers of the read path: a byte comes
back wrong but at one place and four delays. FOLDER takes what LiteX leaves behind."""
import contextlib, json, re, sys, types

# Where LiteDRAM looks for its model's settings; the module itself wants all of LiteX's packages
sim_settings = types.ModuleType("litex.tools.litex_sim")
sys.modules[sim_settings.__name__] = sim_settings

from litedram import gen
from litedram.modules import MT41K256M16, _SpeedgradeTimings, _TechnologyTimings
from litedram.phy import ECP5DDRPHY
from litedram.phy.dfi import Interface
from litedram.phy.model import SDRAMPHYModel
from litex.build.lattice import LatticePlatform
from litex.build.sim import SimPlatform
from litex.soc.integration.builder import Builder
from litex.soc.interconnect.csr import AutoCSR, CSR, CSRStatus, CSRStorage
from migen import If, Module, Mux, Record, Signal

CLOCK = 75e6                             # of the controller and the system; the memory's is twice that
SIM_ROWS = 2048
WINDOWS = ((2, 2, 5), (2, 3, 6))       # of the model: place, first and last delay, for each byte of the pins


class Part(MT41K256M16):
    """The part by its data sheet's nanoseconds (-125). LiteDRAM has tRFC as 208 clocks, those of DDR3-1600, at any rate: 104 of the
    controller's instead of 20."""
    technology_timings = _TechnologyTimings(tREFI=7800, tWTR=(4, 7.5), tCCD=(4, None), tRRD=(4, 10), tZQCS=(64, 80))
    speedgrade_timings = {"default": _SpeedgradeTimings(tRP=13.75, tRCD=13.75, tWR=15, tRFC=(None, 260), tFAW=(None, 40), tRAS=35)}

    def __init__(self, clk_freq, rate):
        super().__init__(clk_freq, "1:2")    # also before the model, for which LiteDRAM takes 1:4


class SimPart(Part):
    nrows = SIM_ROWS

    def __init__(self, clk_freq, rate):
        super().__init__(clk_freq, rate)
        self.geom_settings.addressbits = 11  # A10 is there whatever rows and columns take


def sim_phy(memtype, data_width, clk_freq):
    """The PHY's settings, which say when commands go out and data come back"""
    pads = Record([("clk_p", 1), ("a", 15), ("ba", 3), ("ras_n", 1), ("cas_n", 1), ("we_n", 1), ("dq", data_width), ("dqs_p", data_width // 8), ("dm", data_width // 8)])
    return ECP5DDRPHY(pads, sys_clk_freq=clk_freq).settings


class SimPhy(Module, AutoCSR):
    """LiteDRAM's model of PHY and part behind the registers of ECP5DDRPHY's read path. It judges times as if the memory's clock took 6.5 ns, not 6.667, of
    which it would take 6,666 ps and find four of them 2 ps short."""

    def __init__(self, module, settings, clk_freq):
        self.settings, size = settings, settings.databits // 8
        self.submodules.model = model = SDRAMPHYModel(module=module, settings=settings, clk_freq=1e9 / (2 * 6.5), verbosity=1)
        geometry = module.geom_settings
        self.dfi = Interface(geometry.addressbits, geometry.bankbits, settings.nranks, settings.dfi_databits, settings.nphases)
        valid = Signal()                     # the model says so in the command's phase only, the PHY in all
        self.comb += [self.dfi.connect(model.dfi, omit={"rddata", "rddata_valid"}), valid.eq(model.dfi.p0.rddata_valid | model.dfi.p1.rddata_valid)]
        self.comb += [p.rddata_valid.eq(valid) for p in self.dfi.phases]
        self._dly_sel = CSRStorage(size)
        self._rdly_dq_rst         = CSR()
        self._rdly_dq_inc         = CSR()
        self._rdly_dq_bitslip_rst = CSR()
        self._rdly_dq_bitslip     = CSR()
        self._burstdet_clr        = CSR()
        self._burstdet_seen = CSRStatus(size)
        self._refreshes = CSRStatus(32)      # behind the PHY's registers: the model's own account has the sign wrong
        is_refresh = Signal(settings.nphases)
        self.comb += [is_refresh[i].eq(~p.cs_n & ~p.ras_n & ~p.cas_n & p.we_n) for i, p in enumerate(self.dfi.phases)]
        self.sync += If(is_refresh != 0, self._refreshes.status.eq(self._refreshes.status + 1))
        for n, (place, first, last) in enumerate(WINDOWS):
            slip, delay, good, mine = Signal(2), Signal(3), Signal(), self._dly_sel.storage[n]
            self.sync += [
                If(mine & self._rdly_dq_rst.re, delay.eq(0)), If(mine & self._rdly_dq_inc.re, delay.eq(delay + 1)),
                If(mine & self._rdly_dq_bitslip_rst.re, slip.eq(0)), If(mine & self._rdly_dq_bitslip.re, slip.eq(slip + 1)),
                If(self._burstdet_clr.re, self._burstdet_seen.status[n].eq(0)), If(valid & good, self._burstdet_seen.status[n].eq(1))]
            self.comb += good.eq((slip == place) & (delay >= first) & (delay <= last))
            for ours, theirs in zip(self.dfi.phases, model.dfi.phases):
                for at in range(8 * n, settings.dfi_databits, settings.databits):
                    self.comb += ours.rddata[at:at + 8].eq(Mux(good, theirs.rddata[at:at + 8], ~theirs.rddata[at:at + 8]))


def spec(path):
    """QN_DDR_name -> lists of arguments, texts left out"""
    rows = {"REG": [], "CONST": [], "INIT": []}
    with open(path, encoding="utf-8") as f:
        for kind, arguments in re.findall(r'^QN_DDR_(\w+)\((.*), *".*"\)', f.read(), re.M):
            rows[kind].append([a.strip() for a in arguments.split(",")])
    return rows


def judge(folder, path="rtl/spec/ddr.def"):
    """ddr.def against csr.json and sdram_phy.h"""
    rows, wrong = spec(path), []
    with open(f"{folder}/csr.json", encoding="utf-8") as f:
        csr = {k: v["addr"] for k, v in json.load(f)["csr_registers"].items()}
    theirs = {"DLY_SEL": "ddrphy_dly_sel", "RDLY_RST": "ddrphy_rdly_dq_rst", "RDLY_INC": "ddrphy_rdly_dq_inc", "BITSLIP_RST": "ddrphy_rdly_dq_bitslip_rst",
              "BITSLIP_INC": "ddrphy_rdly_dq_bitslip", "BURST_CLEAR": "ddrphy_burstdet_clr", "BURST_SEEN": "ddrphy_burstdet_seen", "CONTROL": "sdram_dfii_control",
              "INIT_DONE": "ddrctrl_init_done", "INIT_ERROR": "ddrctrl_init_error"}
    for p in "01":
        theirs.update({f"P{p}_{ours}": f"sdram_dfii_pi{p}_{name}" for ours, name in (("COMMAND", "command"), ("ISSUE", "command_issue"), ("ADDRESS", "address"),
                                                                                   ("BANK", "baddress"), ("WRDATA", "wrdata"), ("RDDATA", "rddata"))})
    ours = {name: int(at, 0) for name, at in rows["REG"]}
    wrong += [f"{n}: {at:#x}" for n, at in ours.items() if csr[theirs[n]] != at]
    if set(ours) != set(theirs) or set(csr) != set(theirs.values()):
        wrong.append("registers: others than LiteDRAM's")

    with open(f"{folder}/software/include/generated/sdram_phy.h", encoding="utf-8") as f:
        header = f.read()
    define = {k: int(v, 0) for k, v in re.findall(r"#define (\w+) (0x[0-9a-f]+|\d+)$", header, re.M)}
    phy = {"BYTES": "MODULES", "DELAYS": "DELAYS", "BITSLIPS": "BITSLIPS", "RDPHASE": "RDPHASE", "WRPHASE": "WRPHASE"}
    wrong += [f"{n}: {v}" for n, v in rows["CONST"] if define["SDRAM_PHY_" + phy[n] if n in phy else "DFII_" + n] != int(v, 0)]
    value = lambda text: sum(define[t] for t in text.split("|"))
    steps = []
    for a, b, what, bits, clocks in re.findall(r"pi0_address_write\((\w+)\);\s*sdram_dfii_pi0_baddress_write\((\w+)\);\s*(\w+)\(([\w|]+)\);(?:\s*cdelay\((\d+)\);)?", header):
        control = what == "sdram_dfii_control_write"
        steps.append(["CONTROL", value(bits), 0] if control else [value(bits), int(a, 0), int(b)])
    got = [[what if what == "CONTROL" else int(what, 0), int(v, 0), int(bank)] for what, v, bank, _ in rows["INIT"]]
    if got != steps or len(steps) < 5:
        wrong.append(f"initialization: {got}, LiteDRAM's {steps}")
    if wrong:
        sys.exit("rtl/spec/ddr.def is not LiteDRAM's: " + "; ".join(wrong))


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("board", "sim"):
        print(__doc__, file=sys.stderr)
        sys.exit(64)
    kind, folder = sys.argv[1:]
    sim = kind == "sim"
    name = "qn_litedram_sim" if sim else "qn_litedram"
    config = {
        "cpu": None, "device": "LFE5UM5G-85F-8BG554I", "memtype": "DDR3", "sdram_module": SimPart if sim else Part, "sdram_module_nb": 2, "sdram_rank_nb": 1,
        "sdram_phy": ECP5DDRPHY, "input_clk_freq": 100e6, "sys_clk_freq": CLOCK, "init_clk_freq": 25e6, "user_ports": {"0": {"type": "native"}}}
    sim_settings.get_sdram_phy_settings = sim_phy
    gen.SDRAMPHYModel = SimPhy
    with contextlib.redirect_stdout(sys.stderr):
        platform = SimPlatform("", io=[]) if sim else LatticePlatform(config["device"], io=[], toolchain="trellis")
        soc = gen.LiteDRAMCore(platform, config)
        if sim:                              # LiteX would build a simulation of its own
            soc.finalize()
            text = str(platform.get_verilog(soc, name=name, regular_comb=False))
            text = re.sub(r'\$display\("[^"]*64ms period[^;]*;', ";", text)
        else:
            Builder(soc, output_dir=folder, compile_software=False, compile_gateware=False).build(build_name=name, regular_comb=False)
            judge(folder)
            with open(f"{folder}/gateware/{name}.v", encoding="utf-8") as f:
                text = f.read()
    print("// Made by gen_litedram.py with LiteDRAM (BSD-2-Clause): do not edit.")
    text = re.sub(r"input ( wire +\[\d+:0\] +ddram_(?:dq|dqs_p),)", r"inout \1", text)    # LiteX leaves the direction to its own pads
    once = set()                             # an assignment to several is printed for each of them: two drivers
    text = "".join(line for line in text.splitlines(True) if not (line in once or line.startswith("assign {") and once.add(line)))
    print(text[text.index("`timescale"):], end="")     # without the date


if __name__ == "__main__":
    main()
