// SPDX-License-Identifier: Apache-2.0
// Stimulus for the power of qn_b0 (16 x 16): a real layer (layer.c), `TOKENS of its tokens (1 to 64) times 16 outputs, `TILES weights' blocks of 16 inputs, one every
// `EVERY clocks (48 or more: swaps pass the whole array before the next block is shifted in). Every sum is held to the plain product. The activity is that of
// the blocks from the third one on. TOKENS 0: one block, then inputs at rest.
`timescale 1ns/10ps

module tb;
  localparam N = 16, LATE = N + 5;         // LATE: of a sum in column 0 after its activation in row 0

  reg             clk = 0, shift = 0;
  reg  [N-1:0]    swap = 0;
  reg  [4*N-1:0]  code = 0, scale = 0;
  reg  [8*N-1:0]  act = 0;
  wire [32*N-1:0] sum;
  always #(`PERIOD / 2.0) clk = !clk;

  qn_b0 dut (.clk_i(clk), .shift_i(shift), .swap_i(swap), .code_i(code), .scale_i(scale), .act_i(act), .sum_o(sum));

  reg [127:0]  token [0:64*16-1];
  reg [63:0]   codes [0:64*16-1];
  reg [3:0]    scales [0:64*2-1];
  reg [1023:0] vcd;
  integer      errors = 0, checked = 0;
  localparam BLOCKS = `TOKENS == 0 ? 1 : `TILES, BATCH = `TOKENS == 0 ? 8 : `TOKENS;

  function integer code_of(input integer block, input integer row, input integer col);
    begin
      code_of = codes[16*col + block] >> (4 * row) & 15;
      if (code_of > 7) code_of = code_of - 16;
    end
  endfunction

  function integer act_of(input integer block, input integer row, input integer t);
    begin
      act_of = token[16*t + block] >> (8 * row) & 255;
      if (act_of > 127) act_of = act_of - 256;
    end
  endfunction

  function integer product(input integer block, input integer t, input integer col);
    integer i;
    begin
      product = 0;
      for (i = 0; i < N; i = i + 1) product = product + act_of(block, i, t) * code_of(block, i, col);
      product = product * scales[2*col + block/8];
    end
  endfunction

  integer t, i, c, x, got;
  initial begin
    if (!$value$plusargs("vcd=%s", vcd)) vcd = "b0.vcd";
    $readmemh({`DATA, "/token.hex"}, token);
    $readmemh({`DATA, "/code.hex"}, codes);
    $readmemh({`DATA, "/scale.hex"}, scales);
    @(posedge clk);
    #(`PERIOD * 0.2);
    for (t = 0; t < `EVERY * `TILES + 19 + LATE + N; t = t + 1) begin
      if (t == 2 * `EVERY) begin
        $dumpfile(vcd);
        $dumpvars(0, dut);
      end
      if (t == `EVERY * `TILES) $dumpoff;
      // The last input's weights first; two clocks later they are shifted
      x     = t % `EVERY;
      shift = x >= 2 && x < N + 2 && t / `EVERY < BLOCKS;
      for (c = 0; c < N; c = c + 1) if (x < N && t / `EVERY < BLOCKS) begin
        code[4*c +: 4]  = code_of(t / `EVERY, N - 1 - x, c);
        scale[4*c +: 4] = scales[2*c + t / `EVERY / 8];
      end
      for (i = 0; i < N; i = i + 1) begin
        x       = t - 19 - i;
        swap[i] = x >= 0 && x % `EVERY == 0 && x / `EVERY < BLOCKS;
        x       = x - 1;
        act[8*i +: 8] = x >= 0 && x % `EVERY < BATCH && x / `EVERY < BLOCKS ? act_of(x / `EVERY, i, x % `EVERY) : 0;
      end
      @(posedge clk);
      #(`PERIOD * 0.2);
      for (c = 0; c < N; c = c + 1) begin
        x   = t - 19 - LATE - c;
        got = sum[32*c +: 32];
        if (x >= 0 && x % `EVERY < BATCH && x / `EVERY < BLOCKS) begin
          checked = checked + 1;
          if (got !== product(x / `EVERY, x % `EVERY, c)) begin
            errors = errors + 1;
            if (errors < 4) $display("block %0d, token %0d, column %0d: %0d, not %0d", x / `EVERY, x % `EVERY, c, got, product(x / `EVERY, x % `EVERY, c));
          end
        end
      end
    end
    if (errors != 0 || checked != BLOCKS * BATCH * N) $display("FAIL %0d of %0d", errors, checked);
    else $display("%0d tokens, %0d clocks, %0d sums right", `TOKENS, `EVERY * (`TILES - 2), checked);
    $finish;
  end

endmodule
