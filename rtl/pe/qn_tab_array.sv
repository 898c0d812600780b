// SPDX-License-Identifier: Apache-2.0
// qn_tab_array: Groups groups of weights (qn_tab_group) side by side: each clock an output's codes of all of them (a plane of them, Radix 2) for Rows rows;
// their scaled sums are added. Activation-stationary: while one set of inputs is multiplied the next one's tables are filled.
//
// Filling: activations come while load_ready_o, one of each row and group a clock; table by table, Share b + turn for turn 0, 1, ... of each builder b (tables beyond the
// last: anything), each table's in order, and with Radix 3 a 0 after each five. After swap_i, which must wait for full_o, what was filled is looked up and filling starts
// anew. A set takes Share x (Builders x 6 + 243) clocks (Radix 2: 8, 256), which a matrix of as many outputs hides.

`default_nettype none

module qn_tab_array #(
  parameter int Radix  = 3,
  parameter int Tables = 26,               // of a group
  parameter int Groups = 8,
  parameter int Share  = 4,                // 4 or fewer
  parameter int Rows   = 3,
  parameter int ScaleW = 7,
  parameter Builders = (Tables + Share - 1) / Share,
  parameter ProductW = 11 + $clog2(Tables) + (Radix == 2 ? 3 : 0) + ScaleW + $clog2(ScaleW),
  parameter GroupW = ProductW + 1,
  parameter OutW = GroupW + $clog2(Groups)
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,

  output logic                         load_ready_o,
  input  logic                         load_valid_i,
  input  logic [8*Rows*Groups-1:0]     load_act_i,
  output logic                         full_o,
  input  logic                         swap_i,       // with the first codes of the new set, or before

  input  logic                         first_i,      // plane (Radix 2)
  input  logic                         last_i,       // plane: what comes of it is valid_o
  input  logic [8*Tables*Groups-1:0]   code_i,
  input  logic [ScaleW*Groups-1:0]     scale_i,
  output logic                         valid_o,
  output logic [OutW*Rows-1:0]         result_o
);

  // Control: loads a table of each builder, then fills them; Share times
  localparam int Digits = Radix == 3 ? 5 : 8;
  localparam int Steps  = Radix == 3 ? 6 : 8;
  localparam [31:0] LAST_STEP = Steps - 1;
  localparam [31:0] LAST_BUILDER = Builders - 1;
  localparam [31:0] LAST_TURN = Share - 1;
  localparam [7:0] START = Radix == 3 ? 8'd121 : 8'd0;   // the code whose sum is 0
  localparam [7:0] TOP   = Radix == 3 ? 8'd242 : 8'd255;
  localparam [1:0] LAST_DIGIT = Radix == 3 ? 2'd2 : 2'd1;
  localparam [1:0] START_DIGIT = Radix == 3 ? 2'd1 : 2'd0;
  logic       bank_q, full_q, fill_q, fill_start_q, fill_end_q, end_q;
  logic [2:0] step_q;
  logic [3:0] builder_q, settle_q;
  logic [1:0] turn_q;
  logic [7:0] code_q;
  logic [2*Digits-1:0] digit_q;            // of code_q
  logic [2:0] turned_q;                    // which digit the step to code_q turned up
  logic       take;
  assign load_ready_o = !full_q && !fill_q && settle_q == 4'd0;
  assign full_o = full_q;
  assign take = load_valid_i && load_ready_o;

  // The lowest digit that is not at its end turns up, those below it go back to 0
  logic [Digits-1:0]   top_q;               // which are at their end
  logic [2*Digits-1:0] digit_d;
  logic [Digits-1:0]   top_d;
  logic [2:0]          turned;
  always @(*) begin : p_turn
    integer k;
    logic   below;
    below   = 1'b1;
    turned  = 3'd0;
    digit_d = digit_q;
    top_d   = '0;
    for (k = 0; k < Digits; k = k + 1) begin
      if (below) digit_d[2*k +: 2] = top_q[k] ? 2'd0 : digit_q[2*k +: 2] + 2'd1;
      below = below && top_q[k];
      if (below) turned = turned + 3'd1;
      top_d[k] = digit_d[2*k +: 2] == LAST_DIGIT;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bank_q    <= 1'b0;
      full_q    <= 1'b0;
      end_q     <= 1'b0;
      fill_q    <= 1'b0;
      settle_q  <= 4'd0;
      step_q    <= 3'd0;
      builder_q <= 4'd0;
      turn_q    <= 2'd0;
    end else begin
      if (take) begin
        step_q <= step_q == LAST_STEP[2:0] ? 3'd0 : step_q + 3'd1;
        if (step_q == LAST_STEP[2:0]) begin
          builder_q <= builder_q == LAST_BUILDER[3:0] ? 4'd0 : builder_q + 4'd1;
          if (builder_q == LAST_BUILDER[3:0]) settle_q <= 4'd8;
        end
      end
      if (settle_q != 4'd0) settle_q <= settle_q - 4'd1;       // increments on their way; words on theirs
      if (settle_q == 4'd5) fill_q <= 1'b1;
      if (fill_q && fill_end_q) begin
        fill_q   <= 1'b0;
        settle_q <= 4'd4;
        turn_q   <= turn_q == LAST_TURN[1:0] ? 2'd0 : turn_q + 2'd1;
        end_q    <= turn_q == LAST_TURN[1:0];
      end
      if (settle_q == 4'd1) begin
        full_q <= end_q;
        end_q  <= 1'b0;
      end
      if (swap_i) begin
        full_q <= 1'b0;
        bank_q <= !bank_q;
      end
    end
    if (!fill_q) begin
      code_q       <= START;
      digit_q      <= {Digits{START_DIGIT}};
      top_q        <= '0;
      turned_q     <= 3'd0;
      fill_start_q <= 1'b1;
      fill_end_q   <= 1'b0;
    end else begin
      code_q       <= code_q == TOP ? 8'd0 : code_q + 8'd1;
      digit_q      <= digit_d;
      top_q        <= top_d;
      turned_q     <= turned;
      fill_start_q <= 1'b0;
      fill_end_q   <= code_q == START - 8'd2;
    end
  end

  localparam int ControlW = 27;
  logic [ControlW-1:0] control, control_q;
  assign control = {bank_q ^ swap_i, take, step_q == 3'd0, step_q, builder_q, fill_q, fill_start_q, turned_q, code_q, turn_q, first_i, last_i};
  always_ff @(posedge clk_i) control_q <= control;
  localparam int Late = 3 + 3 + $clog2(Tables) + (Radix == 2 ? 1 : 0) + 2 + $clog2(ScaleW) + $clog2(Groups);
  logic valid;
  qn_delay #(.Width(1), .Clocks(Late - 1)) u_valid (.clk_i, .in_i(control_q[0]), .out_o(valid));
  assign valid_o = valid;

  genvar g, r;
  logic [GroupW*Rows*Groups-1:0] product;  // row by row
  generate
    for (g = 0; g < Groups; g = g + 1) begin : g_group
      logic [8*Rows-1:0]      act_q;
      logic [8*Tables-1:0]    group_code_q;
      logic [ScaleW-1:0]      scale_q;
      logic [GroupW*Rows-1:0] own;
      always_ff @(posedge clk_i) begin
        act_q        <= load_act_i[8*Rows*g +: 8*Rows];
        group_code_q <= code_i[8*Tables*g +: 8*Tables];
        scale_q      <= scale_i[ScaleW*g +: ScaleW];
      end
      qn_tab_group #(.Radix(Radix), .Tables(Tables), .Share(Share), .Rows(Rows), .ScaleW(ScaleW)) u_group (
        .clk_i, .bank_i(control_q[26]), .step_we_i(control_q[25]), .step_first_i(control_q[24]), .act_i(act_q), .digit_i(control_q[23:21]),
        .builder_i(control_q[20:17]), .fill_i(control_q[16]), .fill_start_i(control_q[15]), .fill_digit_i(control_q[14:12]), .fill_code_i(control_q[11:4]),
        .fill_turn_i(control_q[3:2]), .code_i(group_code_q), .first_i(control_q[1]), .scale_i(scale_q), .product_o(own));
      for (r = 0; r < Rows; r = r + 1) begin : g_row
        assign product[GroupW*(Groups*r + g) +: GroupW] = own[GroupW*r +: GroupW];
      end
    end
    for (r = 0; r < Rows; r = r + 1) begin : g_total
      qn_tab_tree #(.Count(Groups), .Width(GroupW)) u_total (
        .clk_i, .in_i(product[GroupW*Groups*r +: GroupW*Groups]), .sum_o(result_o[OutW*r +: OutW]));
    end
  endgenerate

endmodule

`default_nettype wire
