// SPDX-License-Identifier: Apache-2.0
// qn_lut_build: fills the tables of a pair of rows (qn_row_lut), one entry of all sixteen a clock. The activations of a pair come in four clocks, at most
// every eighth clock; the eight entries follow in the eight clocks after the last of them, and the sums with entry 7.
// One builder serves all rows: 896 flops, 1,130 LUT4 with carries (Yosys, ECP5).

`default_nettype none

module qn_lut_build #(
  parameter int PairW = 3,
  parameter int Depth = 32,
  parameter Sums = Depth == 8 ? 4 : 2      // sums of 8 activations, or of 16
) (
  input  logic               clk_i,
  input  logic               rst_ni,

  input  logic               load_i,       // 8 activations of both rows, elements 0..7 first
  input  logic [PairW-1:0]   load_pair_i,
  input  logic               load_last_i,  // the fourth
  input  logic [127:0]       load_data_i,  // {odd row, even row}

  output logic               we_o,
  output logic [PairW-1:0]   pair_o,
  output logic [2:0]         entry_o,
  output logic [159:0]       data_o,       // {odd row, even row}, of table t at 10 t
  output logic [24*Sums-1:0] sum_o         // {odd row, even row}
);

  logic [383:0] fill_q;                    // the first three clocks' activations
  logic [511:0] act_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      we_o    <= 1'b0;
      entry_o <= 3'd0;
    end else if (load_i && load_last_i) begin
      we_o    <= 1'b1;
      entry_o <= 3'd0;
    end else if (we_o) begin
      we_o    <= entry_o != 3'd7;
      entry_o <= entry_o + 3'd1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (load_i) fill_q <= {load_data_i, fill_q[383:128]};
    if (load_i && load_last_i) begin
      act_q  <= {load_data_i, fill_q};
      pair_o <= load_pair_i;
    end
  end

  // a + b, or a - b
  function automatic [9:0] add(input [9:0] a, input [9:0] b, input plus);
    logic unused;
    {add, unused} = {a, 1'b1} + {b ^ {10{!plus}}, !plus};
  endfunction

  // a3 +- a2 +- a1 +- a0; their sum fits 10 bits, for a3 counts positive: -128 x 4 to 127 + 128 x 3
  function automatic [9:0] signed4(input [2:0] plus, input [31:0] a);
    logic [9:0] upper, lower;
    upper   = add({{2{a[31]}}, a[31:24]}, {{2{a[23]}}, a[23:16]}, plus[2]);
    lower   = add({{2{a[15]}}, a[15:8]}, {{2{a[7]}}, a[7:0]}, plus[1] == plus[0]);
    signed4 = add(upper, lower, plus[1]);
  endfunction

  function automatic [11:0] wide(input [9:0] a);
    wide = {{2{a[9]}}, a};
  endfunction

  genvar r, q, s;
  generate
    for (r = 0; r < 2; r = r + 1) begin : g_row
      for (q = 0; q < 8; q = q + 1) begin : g_quad           // two quads of each clock's eight
        assign data_o[80*r + 10*q +: 10] = signed4(entry_o, act_q[128*(q/2) + 64*r + 32*(q%2) +: 32]);
      end
      for (s = 0; s < Sums; s = s + 1) begin : g_sum
        if (Sums == 2) begin : g_sixteen
          assign sum_o[12*(Sums*r+s) +: 12] = (wide(data_o[80*r + 40*s +: 10])    + wide(data_o[80*r + 40*s+10 +: 10]))
                                            + (wide(data_o[80*r + 40*s+20 +: 10]) + wide(data_o[80*r + 40*s+30 +: 10]));
        end else begin : g_eight
          assign sum_o[12*(Sums*r+s) +: 12] = wide(data_o[80*r + 20*s +: 10]) + wide(data_o[80*r + 20*s+10 +: 10]);
        end
      end
    end
  endgenerate

  always @(posedge clk_i) begin
    if (rst_ni && load_i && load_last_i) assert (!we_o || entry_o == 3'd7);
  end

endmodule

`default_nettype wire
