// SPDX-License-Identifier: Apache-2.0
// Stimulus for the power of qn_b0 (`ROWS x `COLS, at most 64 columns): a real layer (layer.c), +tokens of its tokens (1 to 64) times `COLS outputs, +tiles weights' blocks
// of `ROWS inputs from all over the layer's 256, one every +every clocks (2 `ROWS + `COLS or more: swaps pass the whole array before the next block is shifted in). Every
// sum is held to the plain product. The activity is that of the blocks from the third one on. No tokens: one block, then inputs at rest.
`timescale 1ns/10ps

module tb;
  localparam R = `ROWS, C = `COLS, FIRST = R + 3, LATE = R + 4 + (`CUT != 0) + (`SPLIT != 0);      // of the first swap; of a sum in column 0 after its activation in row 0

  reg             clk = 0, shift = 0;
  reg  [R-1:0]    swap = 0;
  reg  [4*C-1:0]  code = 0, scale = 0;
  reg  [8*R-1:0]  act = 0;
  wire [32*C-1:0] sum;
  always #(`PERIOD / 2.0) clk = !clk;

  qn_b0 dut (.clk_i(clk), .shift_i(shift), .swap_i(swap), .code_i(code), .scale_i(scale), .act_i(act), .sum_o(sum));

  reg [127:0]  token [0:64*16-1];
  reg [63:0]   codes [0:64*16-1];
  reg [3:0]    scales [0:64*2-1];
  reg [1023:0] vcd;
  integer      tokens, tiles, every, blocks, batch, errors = 0, checked = 0;

  function integer input_of(input integer block, input integer row);
    input_of = block * 11 % (256 / R) * R + row;
  endfunction

  function integer code_of(input integer block, input integer row, input integer col);
    integer k;
    begin
      k       = input_of(block, row);
      code_of = codes[16*col + k/16] >> (4 * (k % 16)) & 15;
      if (code_of > 7) code_of = code_of - 16;
    end
  endfunction

  function integer act_of(input integer block, input integer row, input integer t);
    integer k;
    begin
      k      = input_of(block, row);
      act_of = token[16*t + k/16] >> (8 * (k % 16)) & 255;
      if (act_of > 127) act_of = act_of - 256;
    end
  endfunction

  function integer product(input integer block, input integer t, input integer col);
    integer i;
    begin
      product = 0;
      for (i = 0; i < R; i = i + 1) product = product + act_of(block, i, t) * code_of(block, i, col);
      product = product * scales[2*col + input_of(block, 0)/128];
    end
  endfunction

  integer t, i, c, x, got;
  initial begin
    if (!$value$plusargs("vcd=%s", vcd)) vcd = "b0.vcd";
    if (!$value$plusargs("tokens=%d", tokens)) tokens = 8;
    if (!$value$plusargs("tiles=%d", tiles)) tiles = 6;
    if (!$value$plusargs("every=%d", every)) every = 2 * R + C;
    blocks = tokens == 0 ? 1 : tiles;
    batch  = tokens == 0 ? 8 : tokens;
    $readmemh({`DATA, "/token.hex"}, token);
    $readmemh({`DATA, "/code.hex"}, codes);
    $readmemh({`DATA, "/scale.hex"}, scales);
    @(posedge clk);
    #(`PERIOD * 0.2);
    for (t = 0; t < every * tiles + FIRST + LATE + C; t = t + 1) begin
      if (t == 2 * every) begin
        $dumpfile(vcd);
        $dumpvars(0, dut);
      end
      if (t == every * tiles) $dumpoff;
      // The last input's weights first; two clocks later they are shifted
      x     = t % every;
      shift = x >= 2 && x < R + 2 && t / every < blocks;
      for (c = 0; c < C; c = c + 1) if (x < R && t / every < blocks) begin
        code[4*c +: 4]  = code_of(t / every, R - 1 - x, c);
        scale[4*c +: 4] = scales[2*c + input_of(t / every, 0)/128];
      end
      for (i = 0; i < R; i = i + 1) begin
        x       = t - FIRST - i;
        swap[i] = x >= 0 && x % every == 0 && x / every < blocks;
        x       = x - 1;
        act[8*i +: 8] = x >= 0 && x % every < batch && x / every < blocks ? act_of(x / every, i, x % every) : 0;
      end
      @(posedge clk);
      #(`PERIOD * 0.2);
      for (c = 0; c < C; c = c + 1) begin
        x   = t - FIRST - LATE - c;
        got = sum[32*c +: 32];
        if (x >= 0 && x % every < batch && x / every < blocks) begin
          checked = checked + 1;
          if (got !== product(x / every, x % every, c)) begin
            errors = errors + 1;
            if (errors < 4) $display("block %0d, token %0d, column %0d: %0d, not %0d", x / every, x % every, c, got, product(x / every, x % every, c));
          end
        end
      end
    end
    if (errors != 0 || checked != blocks * batch * C) $display("FAIL %0d of %0d", errors, checked);
    else $display("%0d tokens, %0d clocks, %0d sums right", tokens, every * (tiles - 2), checked);
    $finish;
  end

endmodule
