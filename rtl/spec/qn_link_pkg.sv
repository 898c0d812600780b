// Made by rtl/spec/gen_link.c from rtl/spec/link.def, mailbox.def and soc.def: do not edit, `make spec` prints it again.
// SPDX-License-Identifier: Apache-2.0
// qn_link_pkg: link, mailbox and the system on chip as constants.

/* verilator lint_off UNUSEDPARAM */  // no module uses all of them
package qn_link_pkg;

  localparam [31:0] LINK_SYNC = 32'd20049;  // first 16 bits of a frame: the bytes "QN"
  localparam [31:0] LINK_VERSION = 32'd1;  // version of this list; HELLO, WELCOME and the head stay as they are in all versions
  localparam [31:0] LINK_HEAD_BYTES = 32'd16;  // bytes of a head
  localparam [31:0] LINK_DATA_MAX = 32'd512;  // words of memory in a frame, at most
  localparam [31:0] LINK_WINDOW_MAX = 32'd16;  // requests in flight, at most; a device's window is a power of two
  localparam [31:0] LINK_REGION_MAX = 32'd8;  // regions of a device's map, at most
  localparam [31:0] LINK_SEQ_END = 32'd65536;  // requests of a session, at most: no sequence number is used twice in an epoch
  localparam [31:0] LINK_GAP_MS = 32'd20;  // silence within a frame after which a receiver forgets what it has of it
  localparam [31:0] LINK_REPLY = 32'd128;  // bit of TYPE: from the device

  localparam int HEAD_SYNC_LSB = 0;  // of 128 bits: 0x4e51
  localparam int HEAD_TYPE_LSB = 16;  // of 128 bits: what it is; a reply has its request's type and bit 7
  localparam int HEAD_STATUS_LSB = 24;  // of 128 bits: 0 in a request; in a reply how it went
  localparam int HEAD_SEQ_LSB = 32;  // of 128 bits: number of the request in its session, from 0; HELLO: a tag that WELCOME returns; NAK: the number expected
  localparam int HEAD_WORDS_LSB = 48;  // of 128 bits: words of payload, without the CRC behind it
  localparam int HEAD_EPOCH_LSB = 64;  // of 128 bits: session, chosen by the device; HELLO: 0
  localparam int HEAD_CHECK_LSB = 96;  // of 128 bits: CRC-32C of words 0 to 2

  localparam [7:0] TYPE_HELLO = 8'd1;  // asks who is there and for an epoch: versions, salt
  localparam [7:0] TYPE_READ = 8'd2;  // memory: word address, words
  localparam [7:0] TYPE_WRITE = 8'd3;  // memory: word address, then the words
  localparam [7:0] TYPE_REG_READ = 8'd4;  // register: index
  localparam [7:0] TYPE_REG_WRITE = 8'd5;  // register: index, value
  localparam [7:0] TYPE_BELL = 8'd6;  // mailbox doorbell: number, value
  localparam [7:0] TYPE_RESET = 8'd7;  // what to reset: bit 0 the core, bit 1 the CPU; the session goes on
  localparam [7:0] TYPE_NAK = 8'd240;  // a number is missing: send again from SEQ on
  localparam [7:0] TYPE_LOST = 8'd241;  // EPOCH is no session of mine and never will be again

  localparam [7:0] STATUS_OK = 8'd0;  // done
  localparam [7:0] STATUS_TYPE = 8'd1;  // a type that the device does not know
  localparam [7:0] STATUS_LENGTH = 8'd2;  // a length that does not fit the type or the largest frame
  localparam [7:0] STATUS_RANGE = 8'd3;  // outside the map
  localparam [7:0] STATUS_RIGHTS = 8'd4;  // a region that may not be read or written
  localparam [7:0] STATUS_FAULT = 8'd5;  // the device's memory or register did not answer
  localparam [7:0] STATUS_VERSION = 8'd6;  // WELCOME: no version in common

  localparam int HELLO_LOWEST_LSB = 0;  // 16 bits of the payload: lowest version that the host speaks
  localparam int HELLO_HIGHEST_LSB = 16;  // 16 bits of the payload: highest
  localparam int HELLO_SALT_LSB = 32;  // 32 bits of the payload: any number, better a random one: goes into the epoch
  localparam int WELCOME_LOWEST_LSB = 0;  // 16 bits of the payload: lowest version that the device speaks; the highest of both is used
  localparam int WELCOME_HIGHEST_LSB = 16;  // 16 bits of the payload: highest
  localparam int WELCOME_WINDOW_LSB = 32;  // 8 bits of the payload: requests in flight that the device keeps replies for
  localparam int WELCOME_REGIONS_LSB = 40;  // 8 bits of the payload: regions of the map, which follow word 11
  localparam int WELCOME_DATA_LSB = 48;  // 16 bits of the payload: words of memory in a frame
  localparam int WELCOME_BOOT_LSB = 64;  // 32 bits of the payload: another one after each reset of the device
  localparam int WELCOME_ID_LSB = 96;  // 32 bits of the payload: register ID of the core
  localparam int WELCOME_REGS_LSB = 128;  // 16 bits of the payload: registers
  localparam int WELCOME_BELLS_LSB = 144;  // 16 bits of the payload: doorbells
  localparam int WELCOME_BUILD_LSB = 160;  // 32 bits of the payload: version of bitstream and firmware
  localparam int WELCOME_SERIAL0_LSB = 192;  // 32 bits of the payload: serial number, low half
  localparam int WELCOME_SERIAL1_LSB = 224;  // 32 bits of the payload: high half
  localparam int WELCOME_NAME_LSB = 256;  // 32 bits of the payload: first of four words of target name, ASCII, zeros behind it
  localparam int WELCOME_MAP_LSB = 384;  // 32 bits of the payload: first of three words for each region: base (word address), words, flags

  function automatic [15:0] type_least(input [7:0] code);  // words of a request's payload; 0: no request
    case (code)
      TYPE_HELLO: type_least = 16'd2;
      TYPE_READ: type_least = 16'd2;
      TYPE_WRITE: type_least = 16'd2;
      TYPE_REG_READ: type_least = 16'd1;
      TYPE_REG_WRITE: type_least = 16'd2;
      TYPE_BELL: type_least = 16'd2;
      TYPE_RESET: type_least = 16'd1;
      default: type_least = 16'd0;
    endcase
  endfunction

  function automatic [15:0] type_most(input [7:0] code, input [15:0] data);  // data: words of memory in a frame
    case (code)
      TYPE_HELLO: type_most = 16'd2;
      TYPE_READ: type_most = 16'd2;
      TYPE_WRITE: type_most = data + 16'd1;
      TYPE_REG_READ: type_most = 16'd1;
      TYPE_REG_WRITE: type_most = 16'd2;
      TYPE_BELL: type_most = 16'd2;
      TYPE_RESET: type_most = 16'd1;
      default: type_most = 16'd0;
    endcase
  endfunction

  localparam [31:0] MB_VERSION = 32'd1;  // version of this list: upper half of WELCOME's BUILD; the lower half is the build
  localparam [31:0] MB_REGS = 32'd256;  // WELCOME's REGS: the core's registers below 0x80, the mailbox from there on
  localparam [31:0] MB_BELLS = 32'd2;  // WELCOME's BELLS
  localparam [31:0] MB_ENDS = 32'd8;  // END arguments of GENERATE
  localparam [31:0] MB_BELL_COMMAND = 32'd0;  // bits 7:0 a command, 31:8 a tag, another one each time
  localparam [31:0] MB_BELL_STOP = 32'd1;  // GENERATE ends after the step it is in; any value

  localparam [31:0] SOC_ROM_BASE = 32'h00000000;  // firmware; what is behind its end in ROM is not defined
  localparam [31:0] SOC_ROM_BYTES = 32'h00004000;
  localparam [31:0] SOC_RAM_BASE = 32'h10000000;  // its data and stack
  localparam [31:0] SOC_RAM_BYTES = 32'h00002000;
  localparam [31:0] SOC_REGS_BASE = 32'h20000000;  // the core's registers (regs.def) and the mailbox (mailbox.def): word index is the register's number
  localparam [31:0] SOC_REGS_BYTES = 32'h00000400;
  localparam [31:0] SOC_OWN_BASE = 32'h30000000;  // the registers below
  localparam [31:0] SOC_OWN_BYTES = 32'h00000040;
  localparam [31:0] SOC_PICK_BASE = 32'h31000000;  // what a PICK found: 512 pairs of index and word
  localparam [31:0] SOC_PICK_BYTES = 32'h00001000;
  localparam [31:0] SOC_DDR_BASE = 32'h32000000;  // registers of the DDR3 controller (ddr.def), where there is one
  localparam [31:0] SOC_DDR_BYTES = 32'h00002000;
  localparam [31:0] SOC_DRAM_BASE = 32'h80000000;  // the core's memory; beyond its end it is the part's to repeat itself
  localparam [31:0] SOC_DRAM_BYTES = 32'h80000000;

  localparam [3:0] SOC_MS = 4'd0;  // milliseconds since the CPU started
  localparam [3:0] SOC_STARTS = 4'd1;  // starts of the CPU since power-on
  localparam [3:0] SOC_BELL = 4'd2;  // bit n: doorbell n was rung; writing ones takes them away
  localparam [3:0] SOC_BELL_VALUE = 4'd3;  // value of doorbell 0, as rung last
  localparam [3:0] SOC_DOG = 4'd4;  // milliseconds until the CPU is started again, unless written before; 0: never
  localparam [3:0] SOC_CONSOLE = 4'd5;  // a byte to the console; reads 1 while one is on its way and the next would be lost
  localparam [3:0] SOC_SWEEP_ADDR = 4'd6;  // sweep: first word of memory
  localparam [3:0] SOC_SWEEP_WORDS = 4'd7;  // words
  localparam [3:0] SOC_SWEEP_LOW = 4'd8;  // FILL: the word; PICK: least key
  localparam [3:0] SOC_SWEEP_HIGH = 4'd9;  // PICK: greatest key
  localparam [3:0] SOC_SWEEP_GO = 4'd10;  // a QN_SOC_SWEEP, begins it; reads 1 until it is done
  localparam [3:0] SOC_SWEEP_CRC = 4'd11;  // SUM: CRC-32C
  localparam [3:0] SOC_SWEEP_COUNT = 4'd12;  // PICK: words within; the first 512 of them are kept
  localparam [3:0] SOC_MEM_WORDS = 4'd13;  // words of the core's memory
  localparam [3:0] SOC_ROWS = 4'd14;  // rows of the core's array
  localparam [3:0] SOC_HAS_DDR = 4'd15;  // 1: memory is DDR3, which the firmware must initialize; else 0

  localparam [1:0] SWEEP_FILL = 2'd1;  // memory := LOW
  localparam [1:0] SWEEP_SUM = 2'd2;  // CRC of memory
  localparam [1:0] SWEEP_PICK = 2'd3;  // words with LOW <= key <= HIGH

endpackage
/* verilator lint_on UNUSEDPARAM */
