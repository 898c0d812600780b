// SPDX-License-Identifier: Apache-2.0
// Quern's tile and the baselines B2, B0 and B3 on random small matrices, each against the plain product: sum over groups of scale x sum of
// activation x code. Parameters by -P; the seed is printed and taken from +seed=N. For TILE 0 the tile, 1 B2, 2 B0, 3 B3.

`default_nettype none

module tb_ppa_tile;
  parameter int TILE = 0, KIND = 0, BITS = 4, LANES = 4, ROWS = 4, COLS = 2, SLICES = 4, CUT = 1, JOIN = 4, SCALEW = 4, AGAIN = 0, PARTS = 2, CUTSCALE = 0, GROUPS = 3, SUMW = 18, SHARE = SLICES, FOURS = 4, SAVE = 1, SPLIT = 0;
  parameter int WIDE = 4, HOLD = 1;        // TILE 3: LANES products of BITS bits (2, 4, 8), SLICES slices of them a group
  parameter int SERIAL = 0, UNSIGNED = 0;  // TILE 0: weights of BITS bits plane by plane; codes of 0 and up
  localparam int CODEW = KIND == 2 ? 2 : BITS;
  localparam int DEPTH = LANES * SLICES * GROUPS;
  localparam int RUNS = 4;

  logic clk = 0, rst_n = 0;
  always #5 clk = !clk;
  integer seed, errors = 0, seen = 0, run, i, r, c, k, g, t;
  integer act [0:ROWS*DEPTH-1];
  integer code [0:COLS*DEPTH-1];
  integer scale [0:COLS*GROUPS-1];
  integer want, part, x, got;

  function automatic integer random(input integer low, input integer high);
    random = low + ($urandom(seed) >> 1) % (high - low + 1);
  endfunction

  task automatic fill;
    for (i = 0; i < ROWS * DEPTH; i = i + 1) act[i] = run == 0 ? 127 : run == 1 ? -127 : random(-127, 127);
    for (i = 0; i < COLS * DEPTH; i = i + 1)
      if (KIND == 2) code[i] = run < 2 ? -1 : random(-1, 1);
      else if (UNSIGNED) code[i] = run < 2 ? (1 << BITS) - 1 : random(0, (1 << BITS) - 1);
      else           code[i] = run < 2 ? -(1 << (BITS - 1)) : random(-(1 << (BITS - 1)), (1 << (BITS - 1)) - 1);
    for (i = 0; i < COLS * GROUPS; i = i + 1) scale[i] = run < 2 ? (1 << SCALEW) - 1 : random(0, (1 << SCALEW) - 1);
  endtask

  function automatic integer product(input integer row, input integer col);
    product = 0;
    for (g = 0; g < GROUPS; g = g + 1) begin
      part = 0;
      for (k = g * LANES * SLICES; k < (g + 1) * LANES * SLICES; k = k + 1) part = part + act[row*DEPTH + k] * code[col*DEPTH + k];
      product = product + part * scale[col*GROUPS + g];
    end
  endfunction

  task automatic check(input integer row, input integer col, input integer value);
    want = product(row, col);
    seen = seen + 1;
    if (value !== want) begin
      errors = errors + 1;
      if (errors < 5) $display("run %0d row %0d column %0d: %0d, not %0d", run, row, col, value, want);
    end
  endtask

  generate
    if (TILE == 0) begin : g_tile
      localparam int OUTW = 32;
      localparam int UNITS = ROWS / SHARE;
      localparam int PLANES = SERIAL ? BITS : 1;
      localparam int CODEW = KIND == 2 ? 2 : SERIAL ? 1 : BITS;
      logic valid = 0, start, last;
      logic [8*LANES*ROWS-1:0] a = '0;
      logic [CODEW*LANES*COLS-1:0] w = '0;
      logic [SCALEW*COLS-1:0] s = '0;
      logic done;
      logic [OUTW*UNITS*COLS-1:0] y;
      integer n, step, plane;
      qn_dot_tile #(.Rows(ROWS), .Cols(COLS), .Lanes(LANES), .Kind(KIND), .Bits(KIND == 2 ? 1 : CODEW), .SumW(SUMW), .Join(JOIN), .Cut(CUT), .Again(AGAIN),
                    .Slices(SLICES), .Share(SHARE), .Fours(FOURS), .ScaleW(SCALEW), .CutScale(CUTSCALE), .Parts(PARTS), .OutW(OUTW),
                    .Serial(SERIAL)) dut (
        .clk_i(clk), .rst_ni(rst_n), .planes_i(PLANES[2:0] - 3'd1), .signed_i(UNSIGNED == 0), .valid_i(valid), .start_i(start), .end_i(last),
        .act_i(a), .code_i(w), .scale_i(s), .valid_o(done), .result_o(y));
      initial begin : p_run
        wait (rst_n);
        for (run = 0; run < RUNS; run = run + 1) begin
          fill();
          for (step = 0; step < SLICES * PLANES * GROUPS; step = step + 1) begin
            t     = SLICES * (step / (SLICES * PLANES)) + step % SLICES;
            plane = PLANES - 1 - step / SLICES % PLANES;
            @(negedge clk);
            valid = 1; start = t < SLICES; last = t >= SLICES * (GROUPS - 1);
            for (r = 0; r < ROWS; r = r + 1) for (i = 0; i < LANES; i = i + 1) a[8*(LANES*r + i) +: 8] = act[r*DEPTH + t*LANES + i];
            for (c = 0; c < COLS; c = c + 1) begin
              for (i = 0; i < LANES; i = i + 1) w[CODEW*(LANES*c + i) +: CODEW] = code[c*DEPTH + t*LANES + i] >> plane;
              s[SCALEW*c +: SCALEW] = scale[c*GROUPS + t/SLICES];
            end
          end
          @(negedge clk);
          valid = 0; w = '0;
          for (n = 0; n < SHARE; n = n + 1) begin
            while (!done) @(negedge clk);
            for (c = 0; c < COLS; c = c + 1) for (r = 0; r < UNITS; r = r + 1)
              check(SHARE * r + n, c, $signed(y[OUTW*(UNITS*c + r) +: OUTW]));
            @(negedge clk);
          end
          repeat (SLICES - 1) @(negedge clk);
          repeat (SHARE) @(negedge clk);
        end
        finish();
      end
    end else if (TILE == 1) begin : g_b2
      logic first = 0;
      logic [ROWS-1:0] read = '0;
      logic [8*LANES*ROWS-1:0] a = '0, a1 = '0, a2 = '0;
      logic [CODEW*LANES*COLS-1:0] w = '0;
      logic [SCALEW*COLS-1:0] s = '0;
      logic [32*COLS-1:0] y;
      qn_b2 #(.Rows(ROWS), .Cols(COLS), .Lanes(LANES), .Join(JOIN), .Cut(CUT), .Again(AGAIN), .CodeW(CODEW), .ScaleW(SCALEW)) dut (
        .clk_i(clk), .first_i(first), .read_i(read), .act_i(a2), .code_i(w), .scale_i(s), .result_o(y));
      logic first1 = 0, first2 = 0;
      always @(posedge clk) begin a1 <= a; a2 <= a1; first2 <= first1; first <= first2; end
      initial begin : p_run
        wait (rst_n);
        for (run = 0; run < RUNS; run = run + 1) begin
          fill();
          for (t = 0; t < SLICES * GROUPS; t = t + 1) begin
            @(negedge clk);
            first1 = t == 0;
            for (r = 0; r < ROWS; r = r + 1) for (i = 0; i < LANES; i = i + 1) a[8*(LANES*r + i) +: 8] = act[r*DEPTH + t*LANES + i];
            for (c = 0; c < COLS; c = c + 1) begin
              for (i = 0; i < LANES; i = i + 1) w[CODEW*(LANES*c + i) +: CODEW] = code[c*DEPTH + t*LANES + i];
              s[SCALEW*c +: SCALEW] = scale[c*GROUPS + t/SLICES];
            end
          end
          @(negedge clk);
          first1 = 0; w = '0;
          repeat (8) @(negedge clk);
          for (r = 0; r < ROWS; r = r + 1) begin
            read = '0; read[r] = 1;
            repeat (5) @(negedge clk);
            for (c = 0; c < COLS; c = c + 1) check(r, c, $signed(y[32*c +: 32]));
          end
          read = '0;
        end
        finish();
      end
    end else if (TILE == 3) begin : g_b3
      localparam int FUSED = 8 / BITS;     // weights of a unit
      localparam int UNITS = LANES / FUSED;
      logic valid = 0, start, last;
      logic [32*UNITS*ROWS-1:0] a = '0;
      logic [8*UNITS*COLS-1:0] w = '0;
      logic [SCALEW*COLS-1:0] s = '0;
      logic done;
      logic [32*COLS-1:0] y;
      integer n;
      qn_b3 #(.Rows(ROWS), .Cols(COLS), .Units(UNITS), .Wide(WIDE), .Join(JOIN), .Cut(CUT), .Hold(HOLD), .SumW(SUMW),
              .Slices(SLICES * 2 / BITS), .Share(ROWS), .ScaleW(SCALEW)) dut (
        .clk_i(clk), .rst_ni(rst_n), .four_i(BITS > 2), .eight_i(BITS == 8), .valid_i(valid), .start_i(start), .end_i(last),
        .act_i(a), .code_i(w), .scale_i(s), .valid_o(done), .result_o(y));
      initial begin : p_run
        wait (rst_n);
        for (run = 0; run < RUNS; run = run + 1) begin
          fill();
          for (t = 0; t < SLICES * GROUPS; t = t + 1) begin
            @(negedge clk);
            valid = 1; start = t < SLICES; last = t >= SLICES * (GROUPS - 1);
            for (i = 0; i < LANES; i = i + 1) begin
              for (r = 0; r < ROWS; r = r + 1) a[32*(UNITS*r + i/FUSED) + 8*(i%FUSED) +: 8] = act[r*DEPTH + t*LANES + i];
              for (c = 0; c < COLS; c = c + 1) w[8*UNITS*c + BITS*i +: BITS] = code[c*DEPTH + t*LANES + i];
            end
            for (c = 0; c < COLS; c = c + 1) s[SCALEW*c +: SCALEW] = scale[c*GROUPS + t/SLICES];
          end
          @(negedge clk);
          valid = 0;
          for (n = 0; n < ROWS; n = n + 1) begin
            while (!done) @(negedge clk);
            for (c = 0; c < COLS; c = c + 1) check(n, c, $signed(y[32*c +: 32]));
            @(negedge clk);
          end
          repeat (SLICES) @(negedge clk);
        end
        finish();
      end
    end else begin : g_b0                  // Rows inputs (one slice of them), any number of tokens: ROWS of them here
      logic shift = 0;
      logic [LANES-1:0] swap = '0;
      logic [8*LANES-1:0] a = '0;
      logic [CODEW*COLS-1:0] w = '0;
      logic [SCALEW*COLS-1:0] s = '0;
      logic [32*COLS-1:0] y;
      integer T;
      qn_b0 #(.Rows(LANES), .Cols(COLS), .Cut(CUT), .Save(SAVE), .Split(SPLIT), .CodeW(CODEW), .ScaleW(SCALEW)) dut (
        .clk_i(clk), .shift_i(shift), .swap_i(swap), .code_i(w), .scale_i(s), .act_i(a), .sum_o(y));
      localparam int LATE = LANES + (CUT == 0 ? 0 : 1) + (SPLIT == 0 ? 0 : 1) + 4;
      initial begin : p_run
        wait (rst_n);
        for (run = 0; run < RUNS; run = run + 1) begin
          fill();
          for (t = 0; t < LANES + 3; t = t + 1) begin      // last input's weights first
            @(negedge clk);
            shift = t >= 2 && t < LANES + 2;
            for (c = 0; c < COLS; c = c + 1) begin
              w[CODEW*c +: CODEW] = t < LANES ? code[c*DEPTH + LANES - 1 - t] : 0;
              s[SCALEW*c +: SCALEW] = scale[c*GROUPS];
            end
          end
          @(negedge clk);
          shift = 0;
          for (T = 0; T < ROWS + LANES + COLS + LATE + 2; T = T + 1) begin
            for (i = 0; i < LANES; i = i + 1) begin
              swap[i] = T == i;
              r = T - i - 1;
              a[8*i +: 8] = r >= 0 && r < ROWS ? act[r*DEPTH + i] : 0;
            end
            @(negedge clk);
            for (c = 0; c < COLS; c = c + 1) begin
              r = T - LATE - c;
              if (r >= 0 && r < ROWS) begin
                want = 0;
                for (i = 0; i < LANES; i = i + 1) want = want + act[r*DEPTH + i] * code[c*DEPTH + i] * scale[c*GROUPS];
                seen = seen + 1;
                if ($signed(y[32*c +: 32]) !== want) begin
                  errors = errors + 1;
                  if (errors < 5) $display("run %0d row %0d column %0d: %0d, not %0d", run, r, c, $signed(y[32*c +: 32]), want);
                end
              end
            end
          end
        end
        finish();
      end
    end
  endgenerate

  task finish;
    $display("%0d results, %0d wrong", seen, errors);
    if (errors != 0 || seen != RUNS * ROWS * COLS) $fatal(1);
    $finish;
  endtask

  initial begin
    if (!$value$plusargs("seed=%d", seed)) seed = 1;
    $display("seed %0d", seed);
    repeat (3) @(negedge clk);
    rst_n = 1;
    #1000000 $display("no end");
    $fatal(1);
  end
endmodule

`default_nettype wire
