// SPDX-License-Identifier: Apache-2.0
// qn_tab_build: a builder (qn_tab_fill) and its tables: while one bank of them is looked up the builder fills the other, table by table. All that comes from the group
// meets a register here, as the tables of a group lie far apart.

`default_nettype none

module qn_tab_build #(
  parameter int Tables = 4,                // 4 or fewer
  parameter int Rows   = 3,
  parameter int SumW   = 11
) (
  input  logic                   clk_i,
  input  logic                   bank_i,       // that is looked up

  input  logic                   step_we_i,    // an increment
  input  logic [3:0]             step_addr_i,
  input  logic [SumW*Rows-1:0]   step_i,
  input  logic [3:0]             digit_i,      // which increment the next word adds
  input  logic                   start_i,      // the next word is 0 instead
  input  logic                   word_we_i,    // two clocks after its digit
  input  logic [7:0]             word_addr_i,
  input  logic [1:0]             turn_i,       // of which table

  input  logic [8*Tables-1:0]    code_i,
  output logic [SumW*Rows*Tables-1:0] looked_o // three clocks later
);

  logic                 bank_q, step_we_q, start_q;
  logic [3:0]           step_addr_q, digit_q;
  logic [SumW*Rows-1:0] step_q, word;
  logic [7:0]           word_addr_q;
  logic [Tables-1:0]    we_q;
  logic [8*Tables-1:0]  code_q;
  always_ff @(posedge clk_i) begin
    bank_q      <= bank_i;
    step_we_q   <= step_we_i;
    step_addr_q <= step_addr_i;
    step_q      <= step_i;
    digit_q     <= digit_i;
    start_q     <= start_i;
    word_addr_q <= word_addr_i;
    code_q      <= code_i;
  end

  qn_tab_fill #(.Rows(Rows), .SumW(SumW)) u_fill (
    .clk_i, .we_i(step_we_q), .waddr_i(step_addr_q), .step_i(step_q), .raddr_i(digit_q), .start_i(start_q), .word_o(word));
  genvar t;
  generate
    for (t = 0; t < Tables; t = t + 1) begin : g_table
      localparam [1:0] MINE = t;
      always_ff @(posedge clk_i) we_q[t] <= word_we_i && turn_i == MINE;
      qn_tab_ram #(.Width(SumW*Rows)) u_table (
        .clk_i, .we_i(we_q[t]), .waddr_i({!bank_q, word_addr_q}), .wdata_i(word), .raddr_i({bank_q, code_q[8*t +: 8]}),
        .rdata_o(looked_o[SumW*Rows*t +: SumW*Rows]));
    end
  endgenerate

endmodule

`default_nettype wire
