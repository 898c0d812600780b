// SPDX-License-Identifier: Apache-2.0
// qn_lut_build: in the eight clocks after a pair's fourth load, and in no others, it gives the eight entries, each once, of the tables of that pair:
// signed sums of the four loads' activations, none cut off; and with the last the sums of the entries of 16 activations (or 8).

`default_nettype none

module lut_build_proof #(
  parameter int Depth = 32,
  parameter int Row   = 1,                 // of the pair, and table: the others are copies
  parameter int Table = 5,
  parameter Sums = Depth == 8 ? 4 : 2
) (
  input logic         clk_i,
  input logic         rst_ni,
  input logic         load_i,
  input logic [1:0]   load_pair_i,
  input logic         load_last_i,
  input logic [127:0] load_data_i
);

  logic         we;
  logic [1:0]   pair;
  logic [2:0]   entry;
  logic [159:0] data;
  logic [24*Sums-1:0] sum;
  qn_lut_build #(.PairW(2), .Depth(Depth)) u_dut (
    .clk_i, .rst_ni, .load_i, .load_pair_i, .load_last_i, .load_data_i, .we_o(we), .pair_o(pair), .entry_o(entry), .data_o(data), .sum_o(sum));
  (* hierconn *) logic [511:0] \u_dut.act_q ;
  (* hierconn *) logic [383:0] \u_dut.fill_q ;

  // In 11 bits, one more than the entry's, so that none is cut off
  function automatic [10:0] one(input [7:0] act);
    one = {{3{act[7]}}, act};
  endfunction
  function automatic [10:0] four(input [2:0] plus, input [31:0] act);
    four = (one(act[31:24]) + (plus[2] ? one(act[23:16]) : -one(act[23:16])))
         + ((plus[1] ? one(act[15:8]) : -one(act[15:8])) + (plus[0] ? one(act[7:0]) : -one(act[7:0])));
  endfunction
  function automatic [11:0] all(input [160/(2*Sums)-1:0] entries);
    integer k;
    all = 12'd0;
    for (k = 0; k < 16/(2*Sums); k = k + 1) all = all + {{2{entries[10*k+9]}}, entries[10*k +: 10]};
  endfunction

  logic         f_some_q;
  logic [3:0]   f_left_q;                  // entries still to come
  logic [1:0]   f_pair_q, f_loads_q;       // loads of the pair that is being loaded
  logic [127:0] f_load0_q, f_load1_q, f_load2_q;
  logic [511:0] f_act_q;                   // {odd, even}, element 0 lowest
  integer s;
  initial assume (!rst_ni);
  initial f_some_q = 1'b0;
  always @(posedge clk_i) begin
    f_some_q <= 1'b1;
    if (load_i) {f_load2_q, f_load1_q, f_load0_q} <= {load_data_i, f_load2_q, f_load1_q};
    if (load_i && load_last_i) begin
      f_act_q[255:0]   <= {load_data_i[63:0], f_load2_q[63:0], f_load1_q[63:0], f_load0_q[63:0]};
      f_act_q[511:256] <= {load_data_i[127:64], f_load2_q[127:64], f_load1_q[127:64], f_load0_q[127:64]};
      f_pair_q <= load_pair_i;
    end
    f_left_q  <= !rst_ni ? 4'd0 : load_i && load_last_i ? 4'd8 : f_left_q != 4'd0 ? f_left_q - 4'd1 : 4'd0;
    f_loads_q <= !rst_ni ? 2'd0 : f_loads_q + {1'b0, load_i};
    if (load_i) assume (load_last_i == (f_loads_q == 2'd3));
    if (load_i && load_last_i) assume (f_left_q <= 4'd1);

    if (!f_some_q) begin
      assume (!rst_ni);
      assume ({f_load2_q, f_load1_q, f_load0_q} == \u_dut.fill_q );
    end else begin
      assert ({f_load2_q, f_load1_q, f_load0_q} == \u_dut.fill_q );
      if (rst_ni) assert (we == (f_left_q != 4'd0) && f_left_q <= 4'd8);
      if (rst_ni && we) begin
        assert (entry == 4'd8 - f_left_q && pair == f_pair_q);
        assert ({\u_dut.act_q [511:448], \u_dut.act_q [383:320], \u_dut.act_q [255:192], \u_dut.act_q [127:64]} == f_act_q[511:256]);
        assert ({\u_dut.act_q [447:384], \u_dut.act_q [319:256], \u_dut.act_q [191:128], \u_dut.act_q [63:0]} == f_act_q[255:0]);
        assert ({data[80*Row + 10*Table + 9], data[80*Row + 10*Table +: 10]} == four(entry, f_act_q[256*Row + 32*Table +: 32]));
        for (s = 0; s < 2 * Sums; s = s + 1)
          if (entry == 3'd7) assert (sum[12*s +: 12] == all(data[160/(2*Sums)*s +: 160/(2*Sums)]));
        cover (entry == 3'd7 && pair == 2'd2 && data[9:0] == 10'h200 && data[159:150] == 10'd3);
        cover (entry == 3'd0 && load_i && data[9:0] == 10'd511);
      end
    end
  end

endmodule

`default_nettype wire
