// SPDX-License-Identifier: Apache-2.0
// Stimulus for the power of qn_rows (16 rows of 32 lanes, any element): a real layer (layer.c), as the matrix unit feeds it. IDLE clocks without a plane; ONE
// row that computes, as in decoding; ALL of them. Slices are loaded while the array works on the one before. What comes out is held to the
// plain product for rows 0 and 15.
`timescale 1ns/10ps

module tb;
  localparam COLS = 64, SLICES = 8;

  reg          clk = 0, rst_n = 0;
  reg          load = 0, load_last = 0;
  reg  [2:0]   load_pair = 0;
  reg  [127:0] load_data = 0;
  reg  [15:0]  swap = 0, en = 0;
  reg  [31:0]  plane = 0;
  reg          first = 0;
  wire [895:0] partial;
  always #(`PERIOD / 2.0) clk = !clk;

  qn_rows dut (.clk_i(clk), .rst_ni(rst_n), .load_i(load), .load_pair_i(load_pair), .load_last_i(load_last), .load_data_i(load_data),
               .swap_i(swap), .en_i(en), .part_i(2'd0), .plane_i(plane), .first_i(first), .neg_i(1'b0), .partial_o(partial));

  reg [127:0] act [0:32*SLICES-1];
  reg [31:0]  planes [0:4*COLS*SLICES-1];
  reg [1023:0] vcd;
  integer errors = 0, checked = 0;

  task step;                               // inputs change a little after the clock
    begin @(posedge clk); #(`PERIOD * 0.2); end
  endtask

  // Pair after pair, with as many clocks each as the slowest element asks for (8); then what its builder still needs
  task load_slice(input integer s);
    integer i;
    begin
      for (i = 0; i < 64; i = i + 1) begin
        load      = i % 8 < 4;
        load_pair = i / 8;
        load_last = i % 8 == 3;
        load_data = act[32*s + 4*(i/8) + i%4];
        step;
      end
      load = 0;
      load_last = 0;
    end
  endtask

  function integer activation(input integer s, input integer row, input integer k);
    reg [7:0] b;
    begin
      b = act[32*s + 4*(row/2) + k/8] >> (64*(row%2) + 8*(k%8));
      activation = b[7] ? {24'hffffff, b} : b;
    end
  endfunction

  function integer product(input integer s, input integer c, input integer row, input integer half);
    integer k, p;
    begin
      product = 0;
      for (k = 16*half; k < 16*half + 16; k = k + 1)
        for (p = 0; p < 4; p = p + 1)
          if (planes[4*(COLS*s + c) + p][k]) product = product + activation(s, row, k) * (8 >> p);
    end
  endfunction

  task check(input integer s, input integer c, input integer row);
    integer lo, hi;
    begin
      lo = partial >> (56*row);
      hi = partial >> (56*row + 28);
      lo = (lo << 4) >>> 4;
      hi = (hi << 4) >>> 4;
      checked = checked + 1;
      if (lo !== product(s, c, row, 0) || hi !== product(s, c, row, 1)) begin
        errors = errors + 1;
        if (errors < 4) $display("slice %0d, column %0d, row %0d: %0d %0d, not %0d %0d", s, c, row, lo, hi, product(s, c, row, 0), product(s, c, row, 1));
      end
    end
  endtask

  task compute(input integer s);
    integer i;
    begin
      for (i = 0; i < 4 * COLS + 3; i = i + 1) begin
        if (i < 4 * COLS) begin
          plane = planes[4*COLS*s + i];
          first = i % 4 == 0;
          en    = `ROWS_ON;
        end else en = 0;
        step;
        // What went in with planes 4 c on came out 2 clocks after the last: it stands for a clock
        if (i % 4 == 0 && i > 0 && `ROWS_ON != 0) check(s, i / 4 - 1, 0);
        if (i % 4 == 0 && i > 0 && `ROWS_ON == 16'hffff) check(s, i / 4 - 1, 15);
      end
    end
  endtask

  integer t;
  initial begin
    if (!$value$plusargs("vcd=%s", vcd)) vcd = "rows.vcd";
    $readmemh({`DATA, "/act.hex"}, act);
    $readmemh({`DATA, "/plane.hex"}, planes);
    repeat (4) step;
    rst_n = 1;
    repeat (2) step;
    load_slice(0);
    repeat (8) step;
    $dumpfile(vcd);
    $dumpvars(0, dut);
    for (t = 0; t < `SLICES_RUN; t = t + 1) begin
      swap = 16'hffff;
      step;
      swap = 0;
      step;
      fork
        compute(t);
        begin
          step;
          if (`ROWS_ON != 0) load_slice(t + 1);
        end
      join
    end
    $dumpoff;
    if (errors != 0 || (checked == 0 && `ROWS_ON != 0)) $display("FAIL %0d of %0d", errors, checked);
    else $display("rows %h, %0d partials right", `ROWS_ON, checked);
    $finish;
  end

endmodule
