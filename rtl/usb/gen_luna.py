#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""LUNA's USB device as Verilog: gen_luna.py fs|hs DESCRIPTORS > MODULE.v

DESCRIPTORS holds lines "type index bytes" (build/usb/descriptors prints them from usb.def). fs: full speed on three pins, clocks of 12 and
48 MHz in phase; hs: high speed over ULPI, the PHY's 60 MHz. Either way bytes from the host leave at out_*, bytes for it come in at in_*; a
byte with in_last ends a transfer with a short packet.
"""
import sys

from amaranth import Array, ClockDomain, ClockSignal, Elaboratable, Module, Mux, ResetInserter, ResetSignal, Signal
from amaranth.back import verilog
from luna.gateware.interface.gateware_phy import receiver
from luna.gateware.interface.ulpi import UTMITranslator
from luna.gateware.usb.request.windows import MicrosoftOS10RequestHandler
from luna.gateware.usb.usb2 import device as device_module
from luna.gateware.usb.usb2.device import USBDevice
from luna.gateware.usb.usb2.endpoints.stream import USBStreamInEndpoint, USBStreamOutEndpoint
from luna.gateware.usb.usb2.packet import USBInterpacketTimer, USBTokenDetector
from usb_protocol.emitters import DeviceDescriptorCollection
from usb_protocol.emitters.descriptors.microsoft10 import MicrosoftOS10DescriptorCollection, RegistryTypes
from usb_protocol.types.descriptors import ConfigurationDescriptor, DeviceDescriptor, EndpointDescriptor, InterfaceDescriptor, StringDescriptor

DEVICE, CONFIG, STRING, INTERFACE, ENDPOINT, QUALIFIER, MS = 1, 2, 3, 4, 5, 6, 0x100
STRING_MS, MS_ID, MS_PROPERTY = 0xEE, 4, 5


class InPhaseFifo(Elaboratable):
    """48 to 12 MHz out of one PLL, in phase: pointers need no synchronizers. In the place of an asynchronous FIFO of LUNA's, which takes up to
    five bit times of the 6.5 that a device has for its answer (USB 2.0, 7.1.18.1)."""

    def __init__(self, *, width, depth, r_domain, w_domain):
        self.depth, self.r_domain, self.w_domain = depth, r_domain, w_domain
        self.w_data, self.w_en = Signal(width), Signal()
        self.r_data, self.r_rdy, self.r_en = Signal(width), Signal(), Signal()

    def elaborate(self, platform):
        m = Module()
        cells = Array(Signal.like(self.w_data, name=f"cell{i}") for i in range(self.depth))
        write, read = Signal(range(self.depth)), Signal(range(self.depth))
        m.d.comb += [self.r_rdy.eq(write != read), self.r_data.eq(cells[read])]
        with m.If(self.w_en):
            m.d[self.w_domain] += [cells[write].eq(self.w_data), write.eq(write + 1)]
        with m.If(self.r_en & self.r_rdy):
            m.d[self.r_domain] += read.eq(read + 1)
        return m


class TokenDetector(USBTokenDetector):
    """Another device's token is news as well: an ACK that follows it is not for what this one sent last and was not acknowledged."""

    def elaborate(self, platform):
        m = super().elaborate(platform)
        past = Signal.like(self.interface.pid)
        m.d.usb += past.eq(self.interface.pid)
        with m.If((self.interface.pid == 0) & (past != 0)):
            m.d.usb += self.interface.new_token.eq(1)
        return m


class Translator(UTMITranslator):
    """Two bytes wait between device and PHY, so registers and a few LUTs are what drives its pins and what its NXT drives. It wants data 5 ns
    before its clock's edge and gives its own as late after it; LUNA's way from the endpoints through CRC and choices to the pins takes 14."""

    def elaborate(self, platform):
        data, valid, ready = device = self.tx_data, self.tx_valid, self.tx_ready
        head, head_valid, taken = self.tx_data, self.tx_valid, self.tx_ready = Signal(8), Signal(), Signal()
        m = super().elaborate(platform)
        self.tx_data, self.tx_valid, self.tx_ready = device
        behind, behind_valid = Signal(8), Signal()
        m.d.comb += ready.eq(~behind_valid)
        with m.If(taken | ~head_valid):
            m.d.usb += [head.eq(Mux(behind_valid, behind, data)), head_valid.eq(behind_valid | valid), behind_valid.eq(0)]
        with m.Elif(~behind_valid):
            m.d.usb += [behind.eq(data), behind_valid.eq(valid)]
        return m


# Nothing of LUNA's is changed but these. The timer: more than a bit time has gone by when it begins
device_module.USBTokenDetector = TokenDetector
device_module.UTMITranslator = Translator
receiver.AsyncFIFOBuffered = InPhaseFifo
USBInterpacketTimer._FS_RX_TO_TX_DELAY = {**USBInterpacketTimer._FS_RX_TO_TX_DELAY, 12e6: (1, 7)}


class Pin:
    """A pin in three signals, as LUNA's PHYs want it."""

    def __init__(self, name, width=1):
        self.i, self.o = Signal(width, name=f"{name}_i"), Signal(width, name=f"{name}_o")
        self.oe = Signal(name=f"{name}_oe")


class Pins:
    def __init__(self):
        self.d_p, self.d_n, self.pullup = Pin("dp"), Pin("dn"), Pin("pullup")


class Ulpi:
    def __init__(self):
        self.data, self.dir, self.nxt, self.stp, self.rst = Pin("data", 8), Pin("dir"), Pin("nxt"), Pin("stp"), Pin("phy_rst")


def read(path):
    """{(type, index): bytes}, each judged by the parsers and emitters of usb_protocol, which know nothing of usb.def."""
    rows = [line.split() for line in open(path, encoding="ascii")]
    table = {(int(t), int(k)): bytes.fromhex(hexes) for t, k, hexes in rows}
    device = DeviceDescriptor.parse(table[DEVICE, 0])
    assert device.bcdUSB == 2.0 and device.bMaxPacketSize0 == 64 and device.bNumConfigurations == 1, device
    for (kind, index), data in table.items():
        if kind == STRING and index:
            assert StringDescriptor.parse(data).bLength == len(data)
        if kind == QUALIFIER:            # usb_protocol 0.9.2 takes it for 9 bytes; USB 2.0, table 9-8, has 10
            assert data == bytes([10, kind]) + table[DEVICE, 0][2:8] + b"\1\0", data
    config, packet = table[CONFIG, 0], 0
    head = ConfigurationDescriptor.parse(config)
    assert head.wTotalLength == len(config) and head.bNumInterfaces == 1, head
    at, endpoints = 9, {}
    while at < len(config):
        part = config[at:at + config[at]]
        if part[1] == INTERFACE:
            assert InterfaceDescriptor.parse(part).bNumEndpoints == 2
        if part[1] == ENDPOINT:
            e = EndpointDescriptor.parse(part)
            endpoints[int(e.bEndpointAddress)] = int(e.wMaxPacketSize)
        at += config[at]
    assert at == len(config)
    (out, packet), (back, same) = sorted(endpoints.items())
    assert out < 0x80 <= back and packet == same, endpoints
    check_ms(table)
    return table, out, back & 15, packet


def check_ms(table):
    code = table[STRING, STRING_MS]
    assert code[:16] == b"\x12\x03" + "MSFT100".encode("utf-16-le") and len(code) == 18, code
    theirs = MicrosoftOS10DescriptorCollection()
    with theirs.ExtendedCompatIDDescriptor() as d:
        with d.Function() as f:
            f.bFirstInterfaceNumber = 0
            f.compatibleID = "WINUSB"
    ours = table[MS, MS_PROPERTY]
    guid = ours[ours.index("{".encode("utf-16-le")):].decode("utf-16-le").rstrip("\0")
    with theirs.ExtendedPropertiesDescriptor() as d:
        with d.Property() as p:
            p.dwPropertyDataType = RegistryTypes.REG_MULTI_SZ
            p.PropertyName = "DeviceInterfaceGUIDs"
            p.PropertyData = [guid, ""]
    for index, data in theirs:
        assert data == table[MS, index], (index, data.hex(), table[MS, index].hex())


class OutEndpoint(Elaboratable):
    """An endpoint that a bus reset or a configuration begins anew: data toggles start at 0 (USB 2.0, 9.1.1.5), and old bytes are nobody's."""

    def __init__(self, inner):
        self.inner, self.interface, self.stream, self.anew = inner, inner.interface, inner.stream, Signal()

    def elaborate(self, platform):
        return ResetInserter({"usb": self.anew})(self.inner)


class InEndpoint(OutEndpoint):           # LUNA names modules by class, and by address where two have the same
    pass


class Device(Elaboratable):
    def __init__(self, speed, path):
        self.table, self.out_number, self.in_number, self.packet = read(path)
        self.speed = speed
        for name in ("clk", "clk_io", "rst", "active", "out_valid", "out_ready", "in_valid", "in_ready", "in_last"):
            setattr(self, name, Signal(name=name))
        self.out_data, self.in_data = Signal(8, name="out_data"), Signal(8, name="in_data")
        self.bus = Pins() if speed == "fs" else Ulpi()

    def ports(self):
        own = [self.clk, self.rst, self.active, self.out_valid, self.out_ready, self.out_data, self.in_valid, self.in_ready, self.in_data, self.in_last]
        b = self.bus
        if self.speed == "fs":
            return own + [self.clk_io, b.d_p.i, b.d_p.o, b.d_p.oe, b.d_n.i, b.d_n.o, b.pullup.o]
        return own + [b.data.i, b.data.o, b.data.oe, b.nxt.i, b.stp.o, b.dir.i, b.rst.o]

    def elaborate(self, platform):
        m = Module()
        m.domains.usb = ClockDomain()
        m.d.comb += [ClockSignal("usb").eq(self.clk), ResetSignal("usb").eq(self.rst)]
        if self.speed == "fs":
            m.domains.usb_io = ClockDomain()
            m.d.comb += [ClockSignal("usb_io").eq(self.clk_io), ResetSignal("usb_io").eq(self.rst)]

        standard, ms = DeviceDescriptorCollection(), MicrosoftOS10DescriptorCollection()
        for (kind, index), data in self.table.items():
            if kind == MS:
                ms.add_descriptor(data, index=index)
            else:
                standard.add_descriptor(data, index=index)
        m.submodules.device = device = USBDevice(bus=self.bus, handle_clocking=False)
        control = device.add_standard_control_endpoint(standard)
        control.add_request_handler(MicrosoftOS10RequestHandler(ms, request_code=self.table[STRING, STRING_MS][16]))

        out = OutEndpoint(USBStreamOutEndpoint(endpoint_number=self.out_number, max_packet_size=self.packet, buffer_size=2 * self.packet))
        back = InEndpoint(USBStreamInEndpoint(endpoint_number=self.in_number, max_packet_size=self.packet))
        for endpoint in (out, back):
            device.add_endpoint(endpoint)
            m.d.comb += endpoint.anew.eq(device.reset_detected | control.interface.config_changed)
        m.d.comb += [
            device.connect.eq(1),
            self.active.eq(control.interface.active_config != 0),
            self.out_valid.eq(out.stream.valid), self.out_data.eq(out.stream.payload), out.stream.ready.eq(self.out_ready),
            back.stream.valid.eq(self.in_valid), back.stream.payload.eq(self.in_data), back.stream.last.eq(self.in_last),
            self.in_ready.eq(back.stream.ready),
        ]
        return m


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("fs", "hs"):
        sys.exit("gen_luna.py: fs|hs DESCRIPTORS: what to make, and of which bytes")
    made = Device(sys.argv[1], sys.argv[2])
    sys.stdout.write(verilog.convert(made, name=f"qn_luna_{sys.argv[1]}", ports=made.ports(), emit_src=False))
