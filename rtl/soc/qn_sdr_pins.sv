// SPDX-License-Identifier: Apache-2.0
// qn_sdr_pins: the registers at an SDRAM's pins, at twice the core's clock and in phase with it: the only ones at that clock.
// A word's command stands on the pins in the first half of the second clock after its slot, its row neighbour in the half after it; the
// two beats of a word written stand with the command and in the half that follows, low half of the word first. Two ranks of registers, since
// the tools see no time from the core's clock to the memory's: the first may stand where its sources are, and from it to the pads a whole clock counts.
// A word read is whole DELAY core clocks after its slot. ReadLate takes the part's data one memory clock later.
// The registers marked syn_useioff go into the pads, where their delay to the pin is the same everywhere (nextpnr-ecp5 knows the mark).

`default_nettype none

module qn_sdr_pins #(
  parameter int RowW = 13,
  parameter int ColW = 8,
  parameter int Cl = 3,                    // read latency, memory clocks
  parameter bit ReadLate = 0
) (
  input  logic            clk_i,           // core
  input  logic            clk2x_i,         // memory: every edge of clk_i is one of its own
  input  logic            rst_ni,

  input  logic            run_i,
  input  logic            col_valid_i,
  input  logic            col_we_i,
  input  logic [1:0]      col_bank_i,
  input  logic [ColW-1:0] col_addr_i,
  input  logic [31:0]     col_wdata_i,
  input  logic [3:0]      col_wstrb_i,
  input  logic            row_valid_i,
  input  logic [2:0]      row_cmd_i,
  input  logic [1:0]      row_bank_i,
  input  logic [RowW-1:0] row_addr_i,
  input  logic            drive_i,

  output logic            rsp_valid_o,
  output logic [31:0]     rsp_data_o,

  (* syn_useioff *) output logic            cke_o,
  (* syn_useioff *) output logic            cs_no,
  (* syn_useioff *) output logic            ras_no,
  (* syn_useioff *) output logic            cas_no,
  (* syn_useioff *) output logic            we_no,
  (* syn_useioff *) output logic [1:0]      ba_o,
  (* syn_useioff *) output logic [RowW-1:0] a_o,
  (* syn_useioff *) output logic [1:0]      dqm_o,
  (* syn_useioff *) output logic [15:0]     dq_o,
  output logic            dq_oe_o,
  input  logic [15:0]     dq_i
);

  localparam int WAIT  = ReadLate ? Cl + 2 : Cl + 1;
  localparam int DELAY = (WAIT + 5) / 2;

  // Which half of a core clock: first_q is high in the first
  logic tick_q, seen_q, first_q;
  always_ff @(posedge clk_i) tick_q <= rst_ni && !tick_q;
  always_ff @(posedge clk2x_i) begin
    seen_q  <= tick_q;
    first_q <= tick_q == seen_q;
  end

  // The first half loads what the second half's edge gives to the pads
  logic            cs_nq, ras_nq, cas_nq, we_nq;
  logic [1:0]      ba_q, dqm_q;
  logic [RowW-1:0] a_q;
  logic [15:0]     dq_q;
  always_ff @(posedge clk2x_i) begin
    cs_nq <= !(first_q ? col_valid_i : row_valid_i);        // both 0 in reset, which comes too slowly for this clock
    {ras_nq, cas_nq, we_nq} <= first_q ? {2'b10, !col_we_i} : row_cmd_i;
    ba_q    <= first_q ? col_bank_i : row_bank_i;
    a_q     <= first_q ? {{RowW-ColW-1{1'b0}}, col_addr_i, 1'b0} : row_addr_i;
    dq_q    <= first_q ? col_wdata_i[15:0] : col_wdata_i[31:16];
    dqm_q   <= !run_i ? 2'b11 : !(col_valid_i && col_we_i) ? 2'b00 : first_q ? ~col_wstrb_i[1:0] : ~col_wstrb_i[3:2];
    dq_oe_o <= drive_i;                    // a memory clock wider than the data on either side
    {cs_no, ras_no, cas_no, we_no, ba_o, a_o, dqm_o, dq_o} <= {cs_nq, ras_nq, cas_nq, we_nq, ba_q, a_q, dqm_q, dq_q};
  end

  always_ff @(posedge clk_i) cke_o <= rst_ni;

  // Reads: three beats back, of which the core's clock takes the two of a word
  (* syn_useioff *) logic [15:0] beat0_q;
  logic [15:0] beat1_q, beat2_q;           // youngest first
  always_ff @(posedge clk2x_i) begin
    beat0_q <= dq_i;
    beat1_q <= beat0_q;
    beat2_q <= beat1_q;
  end

  logic [DELAY-1:0] read_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) read_q <= '0;
    else         read_q <= {read_q[DELAY-2:0], col_valid_i && !col_we_i};
    rsp_data_o <= WAIT % 2 == 0 ? {beat0_q, beat1_q} : {beat1_q, beat2_q};
  end
  assign rsp_valid_o = read_q[DELAY-1];

endmodule

`default_nettype wire
