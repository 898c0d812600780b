// SPDX-License-Identifier: Apache-2.0
// Stimulus for the power of qn_dot_tile at W4A8 (`ROWS rows, `SHARE of them to a qn_rescale, `LANES lanes): a real layer (layer.c), +tokens of its
// tokens (`ROWS or fewer, the other rows get activations of 0) times 64 outputs, `COLS of them at once, two groups of 128 deep. Every result is held to the plain
// product. The activity is that of the clocks in which slices go in; the first pass before them leaves nothing unknown.
`timescale 1ns/10ps

module tb;
  localparam LANES = `LANES, K = 256, GROUP = 128, OUTW = 28, UNITS = `ROWS / `SHARE;

  reg                    clk = 0, rst_n = 0, valid = 0, start = 0, last = 0;
  reg  [8*LANES*`ROWS-1:0] act = 0;
  reg  [4*LANES*`COLS-1:0] code = 0;
  reg  [4*`COLS-1:0]       scale = 0;
  wire                     done;
  wire [OUTW*UNITS*`COLS-1:0] result;
  always #(`PERIOD / 2.0) clk = !clk;

  qn_dot_tile dut (.clk_i(clk), .rst_ni(rst_n), .planes_i(3'd0), .signed_i(1'b0), .valid_i(valid), .start_i(start), .end_i(last), .act_i(act), .code_i(code),
                   .scale_i(scale), .valid_o(done), .result_o(result));

  reg [127:0]  token [0:64*16-1];
  reg [63:0]   codes [0:64*16-1];
  reg [3:0]    scales [0:64*2-1];
  reg [1023:0] vcd;
  integer      tokens, errors = 0, checked = 0, r, c, s, b, n, first;

  task step;                               // inputs change a little after the clock
    begin @(posedge clk); #(`PERIOD * 0.2); end
  endtask

  function integer product(input integer row, input integer col);
    integer k, a, w, part, g;
    begin
      product = 0;
      for (g = 0; g < K / GROUP; g = g + 1) begin
        part = 0;
        for (k = g * GROUP; k < (g + 1) * GROUP; k = k + 1) begin
          a = token[16*row + k/16] >> (8 * (k % 16)) & 255;
          w = codes[16*col + k/16] >> (4 * (k % 16)) & 15;
          part = part + (a > 127 ? a - 256 : a) * (w > 7 ? w - 16 : w);
        end
        product = product + part * scales[2*col + g];
      end
      if (row >= tokens) product = 0;
    end
  endfunction

  // Results of the columns from n `COLS on: row by row of each unit
  integer got, turn;
  always @(posedge clk) if (done === 1'b1 && rst_n) begin
    for (c = 0; c < `COLS; c = c + 1) for (r = 0; r < UNITS; r = r + 1) begin
      got = result >> (OUTW * (UNITS * c + r));
      got = (got << (32 - OUTW)) >>> (32 - OUTW);
      checked = checked + 1;
      if (got !== product(`SHARE * r + turn, n * `COLS + c)) begin
        errors = errors + 1;
        if (errors < 4) $display("row %0d, column %0d: %0d, not %0d", `SHARE * r + turn, n * `COLS + c, got, product(`SHARE * r + turn, n * `COLS + c));
      end
    end
    turn = turn + 1;
    if (turn == `SHARE) begin
      turn = 0;
      n    = n + 1;
    end
  end

  integer i, j, p;
  initial begin
    if (!$value$plusargs("vcd=%s", vcd)) vcd = "tile.vcd";
    if (!$value$plusargs("tokens=%d", tokens)) tokens = `ROWS;
    $readmemh({`DATA, "/token.hex"}, token);
    $readmemh({`DATA, "/code.hex"}, codes);
    $readmemh({`DATA, "/scale.hex"}, scales);
    n = 0;
    turn = 0;
    repeat (4) step;
    rst_n = 1;
    repeat (12) step;
    // The first outputs go through before the dump: no register is unknown then
    for (p = -1; p < 64 / `COLS; p = p + 1) begin
      if (p == 0) begin
        $dumpfile(vcd);
        $dumpvars(0, dut);
      end
      for (s = 0; s < K / LANES; s = s + 1) begin
        b     = p < 0 ? 0 : p;
        valid = 1;
        start = s < GROUP / LANES;
        last  = s >= K / LANES - GROUP / LANES && p >= 0;
        for (i = 0; i < `ROWS; i = i + 1) for (j = 0; j < LANES / 16; j = j + 1)
          act[8*LANES*i + 128*j +: 128] = i < tokens ? token[16*i + s*(LANES/16) + j] : 128'd0;
        for (i = 0; i < `COLS; i = i + 1) begin
          for (j = 0; j < LANES / 16; j = j + 1) code[4*LANES*i + 64*j +: 64] = codes[16*(b*`COLS + i) + s*(LANES/16) + j];
          scale[4*i +: 4] = scales[2*(b*`COLS + i) + s*LANES/GROUP];
        end
        step;
      end
    end
    $dumpoff;                              // as many clocks as slices went in: what is still on its way stands for what was at the start
    valid = 0;
    code  = 0;
    repeat (24) step;
    if (errors != 0 || checked != `ROWS * 64) $display("FAIL %0d of %0d", errors, checked);
    else $display("%0d tokens, %0d outputs, %0d clocks, %0d results right", tokens, 64, 64 / `COLS * K / LANES, checked);
    $finish;
  end

endmodule
