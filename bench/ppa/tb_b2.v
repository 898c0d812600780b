// SPDX-License-Identifier: Apache-2.0
// Stimulus for the power of qn_b2 (`ROWS rows, 16 lanes): a real layer (layer.c), +tokens of its tokens (`ROWS or fewer, the other rows get activations of 0) times 64
// outputs, `COLS of them at once, 256 inputs deep. +read=1: after each pass `ROWS clocks without weights, in which its rows are read; else passes follow one another, and only the last
// is read. Every number read is held to the plain product. The activity is that of all passes but the first.
`timescale 1ns/10ps

module tb;
  localparam LANES = 16, K = 256, SLICES = K / LANES, PASSES = 64 / `COLS + 1;
  localparam READ_AT = SLICES + 4 + (`CUT != 0), LATE = 3;           // of the first row of a pass after its first codes; of what is read

  reg                      clk = 0, first = 0;
  reg  [`ROWS-1:0]         read = 0;
  reg  [8*LANES*`ROWS-1:0] act = 0;
  reg  [4*LANES*`COLS-1:0] code = 0;
  reg  [4*`COLS-1:0]       scale = 0;
  wire [32*`COLS-1:0]      result;
  always #(`PERIOD / 2.0) clk = !clk;

  qn_b2 dut (.clk_i(clk), .first_i(first), .read_i(read), .act_i(act), .code_i(code), .scale_i(scale), .result_o(result));

  reg [127:0]  token [0:64*16-1];
  reg [63:0]   codes [0:64*16-1];
  reg [3:0]    scales [0:64*2-1];
  reg [1023:0] vcd;
  integer      tokens, reads, pass, all, errors = 0, checked = 0;

  function integer product(input integer row, input integer col);
    integer k, a, w;
    begin
      product = 0;
      for (k = 0; k < K; k = k + 1) begin
        a = token[16*row + k/16] >> (8 * (k % 16)) & 255;
        w = codes[16*col + k/16] >> (4 * (k % 16)) & 15;
        product = product + (a > 127 ? a - 256 : a) * (w > 7 ? w - 16 : w) * scales[2*col + k/128];
      end
      if (row >= tokens) product = 0;
    end
  endfunction

  // The row that is read at clock x, of what pass: -1 if none
  function integer row_at(input integer x, input integer p);
    begin
      row_at = x - READ_AT - p * pass;
      if (row_at < 0 || row_at >= `ROWS || p < 0 || p >= PASSES || (!reads && p != PASSES - 1)) row_at = -1;
    end
  endfunction

  integer t, i, p, s, r, got;
  initial begin
    if (!$value$plusargs("vcd=%s", vcd)) vcd = "b2.vcd";
    if (!$value$plusargs("tokens=%d", tokens)) tokens = `ROWS;
    if (!$value$plusargs("read=%d", reads)) reads = 1;
    pass = SLICES + (reads ? `ROWS : 0);
    all  = pass * PASSES;
    $readmemh({`DATA, "/token.hex"}, token);
    $readmemh({`DATA, "/code.hex"}, codes);
    $readmemh({`DATA, "/scale.hex"}, scales);
    @(posedge clk);
    #(`PERIOD * 0.2);
    for (t = 0; t < all + READ_AT - SLICES + `ROWS + LATE + 1; t = t + 1) begin
      if (t == pass) begin
        $dumpfile(vcd);
        $dumpvars(0, dut);
      end
      if (t == all) $dumpoff;
      // Codes; two clocks later their activations. The first pass is that of the last columns
      p = t / pass;
      s = t % pass;
      for (i = 0; i < `COLS; i = i + 1) begin
        r = (p + PASSES - 2) % (PASSES - 1) * `COLS + i;
        code[4*LANES*i +: 4*LANES] = t < all && s < SLICES ? codes[16*r + s] : 64'd0;
        if (t < all && s < SLICES) scale[4*i +: 4] = scales[2*r + s/8];
      end
      s     = (t + pass - 2) % pass;
      first = t >= 2 && t < all + 2 && s == 0;
      for (i = 0; i < `ROWS; i = i + 1)
        if (t >= 2 && t < all + 2 && s < SLICES) act[8*LANES*i +: 8*LANES] = i < tokens ? token[16*i + s] : 128'd0;
      read = 0;
      for (i = -1; i <= 0; i = i + 1) if (row_at(t, p + i) >= 0) read[row_at(t, p + i)] = 1;
      @(posedge clk);
      #(`PERIOD * 0.2);
      for (i = -2; i <= 0; i = i + 1) begin
        r = row_at(t - LATE, p + i);
        if (r >= 0) for (s = 0; s < `COLS; s = s + 1) begin
          got     = result[32*s +: 32];
          checked = checked + 1;
          if (got !== product(r, (p + i + PASSES - 2) % (PASSES - 1) * `COLS + s)) begin
            errors = errors + 1;
            if (errors < 4) $display("pass %0d, row %0d, column %0d: %0d, not %0d", p + i, r, s, got, product(r, (p + i + PASSES - 2) % (PASSES - 1) * `COLS + s));
          end
        end
      end
    end
    if (errors != 0 || checked != `ROWS * `COLS * (reads ? PASSES : 1)) $display("FAIL %0d of %0d", errors, checked);
    else $display("%0d tokens, %0d outputs, %0d clocks, %0d results right", tokens, 64, all - pass, checked);
    $finish;
  end

endmodule
