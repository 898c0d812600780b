// SPDX-License-Identifier: Apache-2.0
// qn_uart: link and console over two wires, 8 bits, no parity, one stop bit: the fallback link. Frames go out whole; the console's bytes go between
// them, where the host's hunt for frames skips them (driver/link/README.md). A byte that comes while the one before was not taken is lost:
// the link repeats what is lost. Takes senders up to 3 % fast or slow at 16 clocks a bit or more.

`default_nettype none

module qn_uart #(
  parameter int ClockHz = 66500000,
  parameter int Baud    = 115200           // at most ClockHz / 16
) (
  input  logic       clk_i,
  input  logic       rst_ni,
  input  logic       rx_i,                 // from the host, any clock
  output logic       tx_o,

  output logic       in_valid_o,           // the host's bytes, to qn_soc
  input  logic       in_ready_i,
  output logic [7:0] in_data_o,

  input  logic       out_valid_i,          // frames, from qn_soc
  output logic       out_ready_o,
  input  logic [7:0] out_data_i,
  input  logic       out_last_i,
  input  logic       console_valid_i,
  output logic       console_ready_o,
  input  logic [7:0] console_data_i
);

  localparam int BIT  = (ClockHz + Baud / 2) / Baud;   // clocks of a bit
  localparam int CntW = $clog2(BIT + 1);
  localparam int LAST = BIT - 1, HALF = BIT / 2 - 1;

  // Out: start bit, eight, stop bit, from the right
  logic [9:0]      out_q;
  logic [3:0]      out_left_q;             // bits that are not over
  logic [CntW-1:0] out_count_q;
  logic            frame_q, free, take;    // within a frame; room for a byte
  assign free            = out_left_q == 4'd0;
  assign out_ready_o     = free;
  assign console_ready_o = free && !out_valid_i && !frame_q;
  assign take            = free && (out_valid_i || (console_valid_i && !frame_q));
  assign tx_o            = out_q[0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      out_q       <= 10'h3ff;
      out_left_q  <= 4'd0;
      out_count_q <= '0;
      frame_q     <= 1'b0;
    end else if (take) begin
      out_q       <= {1'b1, out_valid_i ? out_data_i : console_data_i, 1'b0};
      out_left_q  <= 4'd10;
      out_count_q <= LAST[CntW-1:0];
      frame_q     <= out_valid_i && !out_last_i;
    end else if (!free) begin
      out_count_q <= out_count_q == '0 ? LAST[CntW-1:0] : out_count_q - 1'b1;
      if (out_count_q == '0) begin
        out_q      <= {1'b1, out_q[9:1]};
        out_left_q <= out_left_q - 4'd1;
      end
    end
  end

  // In: the middle of each bit, counted from the edge of the start bit; a start bit that is gone by its middle was none
  logic [2:0]      rx_q;
  logic [7:0]      in_q;
  logic [3:0]      in_left_q;              // bits still to come, 10 the start bit
  logic [CntW-1:0] in_count_q;
  logic            sample;
  assign sample = in_left_q != 4'd0 && in_count_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rx_q       <= 3'b111;
      in_left_q  <= 4'd0;
      in_count_q <= '0;
      in_valid_o <= 1'b0;
    end else begin
      rx_q <= {rx_q[1:0], rx_i};
      if (in_ready_i) in_valid_o <= 1'b0;
      if (in_left_q == 4'd0) begin
        if (rx_q[2:1] == 2'b10) begin
          in_left_q  <= 4'd10;
          in_count_q <= HALF[CntW-1:0];
        end
      end else if (sample) begin
        in_count_q <= LAST[CntW-1:0];
        in_left_q  <= in_left_q == 4'd10 && rx_q[1] ? 4'd0 : in_left_q - 4'd1;
        if (in_left_q == 4'd1 && rx_q[1]) in_valid_o <= 1'b1;
      end else begin
        in_count_q <= in_count_q - 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (sample && in_left_q != 4'd1)                                   in_q      <= {rx_q[1], in_q[7:1]};
    if (sample && in_left_q == 4'd1 && (!in_valid_o || in_ready_i))    in_data_o <= in_q;
  end

endmodule

`default_nettype wire
