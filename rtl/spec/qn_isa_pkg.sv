// Made by rtl/spec/gen.c from rtl/spec/*.def: do not edit, `make spec` prints it again.
// SPDX-License-Identifier: Apache-2.0
// qn_isa_pkg: the contracts of rtl/spec as constants.

/* verilator lint_off UNUSEDPARAM */  // no module uses all of them
package qn_isa_pkg;

  // Queue entry: slots lowest. <OP>_<FIELD>_LSB below is a bit of the whole entry, <OP>_<RAW>_LSB a bit of its slot's value
  // and SLOT_<OP>_<NAME> a slot's index: entry[32 * SLOT_GEMM_COLS +: 32], entry[GEMM_ACCUM_LSB +: GEMM_ACCUM_W].
  localparam int ENTRY_W = 252;
  localparam int ENTRY_OP_LSB = 192;
  localparam int ENTRY_WAIT0_LSB = 200;
  localparam int ENTRY_WAIT1_LSB = 204;
  localparam int ENTRY_POST0_LSB = 208;
  localparam int ENTRY_POST1_LSB = 212;
  localparam int ENTRY_FLAGS_LSB = 216;  // field bits: word 0 [31:24], then word 1 [31:16]
  localparam int FLAGS_W = 24;
  localparam int ENTRY_PC_LSB = 240;     // index of the instruction
  localparam int PC_W = 12;
  localparam int SLOTS = 6;
  localparam int IMM_W = 28;
  localparam int LOOP_DEPTH = 6;
  localparam int ACC_ROW = 1024;

  localparam [2:0] UNIT_SEQ = 3'd0;
  localparam [2:0] UNIT_LOAD = 3'd1;
  localparam [2:0] UNIT_MATRIX = 3'd2;
  localparam [2:0] UNIT_VECTOR = 3'd3;
  localparam [2:0] UNIT_STORE = 3'd4;

  localparam [7:0] OP_HALT = 8'h01;  // end of the job: waits until all queues and units are empty

  localparam [7:0] OP_LOOP = 8'h02;  // repeat up to the matching ENDLOOP; a count of zero or less skips the body; nests 6 deep
  localparam int SLOT_LOOP_COUNT = 0;
  localparam int SLOT_LOOP_END = 1;

  localparam [7:0] OP_ENDLOOP = 8'h03;  // end of a LOOP's body

  localparam [7:0] OP_ALU = 8'h04;  // R[DST] = A op B, 32 bits, wrapping
  localparam int ALU_DST_LSB = 216;
  localparam int ALU_DST_W = 4;
  localparam int ALU_FN_LSB = 220;
  localparam int ALU_FN_W = 4;
  localparam int SLOT_ALU_A = 0;
  localparam int SLOT_ALU_B = 1;

  localparam [7:0] OP_LDT = 8'h05;  // R[DST] = 32-bit word INDEX of the program memory (tables stand behind the code)
  localparam int LDT_DST_LSB = 216;
  localparam int LDT_DST_W = 4;
  localparam int SLOT_LDT_INDEX = 0;

  localparam [7:0] OP_LDA = 8'h06;  // R[DST] = host argument INDEX (register ARG)
  localparam int LDA_DST_LSB = 216;
  localparam int LDA_DST_W = 4;
  localparam int SLOT_LDA_INDEX = 0;

  localparam [7:0] OP_STREAM = 8'h10;  // memory to unpack: RUNS runs of WORDS words, in the order that FORMAT and COLS define
  localparam int STREAM_WIN_LSB = 216;
  localparam int STREAM_WIN_W = 3;
  localparam int STREAM_KIND_LSB = 219;
  localparam int STREAM_KIND_W = 2;
  localparam int SLOT_STREAM_ADDR = 0;
  localparam int SLOT_STREAM_WORDS = 1;
  localparam int SLOT_STREAM_RUNS = 2;
  localparam int SLOT_STREAM_STRIDE = 3;
  localparam int SLOT_STREAM_FORMAT = 4;
  localparam int SLOT_STREAM_COLS = 5;

  localparam [7:0] OP_LOADV = 8'h11;  // memory to vector buffer: RUNS runs of N elements
  localparam int LOADV_WIN_LSB = 216;
  localparam int LOADV_WIN_W = 3;
  localparam int LOADV_KIND_LSB = 219;
  localparam int LOADV_KIND_W = 2;
  localparam int LOADV_BF16_LSB = 221;
  localparam int LOADV_BF16_W = 1;
  localparam int SLOT_LOADV_ADDR = 0;
  localparam int SLOT_LOADV_N = 1;
  localparam int SLOT_LOADV_RUNS = 2;
  localparam int SLOT_LOADV_STRIDE = 3;
  localparam int SLOT_LOADV_DST = 4;
  localparam int SLOT_LOADV_DSTRIDE = 5;

  localparam [7:0] OP_GEMM = 8'h20;  // accumulators[row][ACC + col] (+)= slices x streamed columns, dequantized a group at a time
  localparam int GEMM_ACCUM_LSB = 216;
  localparam int GEMM_ACCUM_W = 1;
  localparam int GEMM_UNIT_LSB = 217;
  localparam int GEMM_UNIT_W = 1;
  localparam int SLOT_GEMM_SLICE = 0;
  localparam int SLOT_GEMM_SLICES = 1;
  localparam int SLOT_GEMM_COLS = 2;
  localparam int SLOT_GEMM_ROWS = 3;
  localparam int SLOT_GEMM_ACC = 4;
  localparam int SLOT_GEMM_FORMAT = 5;

  localparam [7:0] OP_VEC = 8'h30;  // for row < ROWS, i < N: DST[row][i] = A[row][i ^ PERM] fn B[row][i]
  localparam int VEC_FN_LSB = 216;
  localparam int VEC_FN_W = 4;
  localparam int VEC_ACC_LSB = 220;
  localparam int VEC_ACC_W = 1;
  localparam int VEC_BSCALAR_LSB = 221;
  localparam int VEC_BSCALAR_W = 1;
  localparam int VEC_PERM_LSB = 224;
  localparam int VEC_PERM_W = 3;
  localparam int VEC_STEP_LSB = 227;
  localparam int VEC_STEP_W = 1;
  localparam int SLOT_VEC_DST = 0;
  localparam int SLOT_VEC_A = 1;
  localparam int SLOT_VEC_B = 2;
  localparam int SLOT_VEC_N = 3;
  localparam int SLOT_VEC_ROWS = 4;
  localparam int SLOT_VEC_DSTRIDE = 5;
  localparam int VEC_DSTRIDE_LSB = 0;
  localparam int VEC_DSTRIDE_W = 9;
  localparam int SLOT_VEC_ASTRIDE = 5;
  localparam int VEC_ASTRIDE_LSB = 9;
  localparam int VEC_ASTRIDE_W = 10;
  localparam int SLOT_VEC_BSTRIDE = 5;
  localparam int VEC_BSTRIDE_LSB = 19;
  localparam int VEC_BSTRIDE_W = 9;

  localparam [7:0] OP_QUANT = 8'h31;  // rows of FP32 to slices: a scale for each BLOCK of elements, integers of 8 or 16 bits
  localparam int QUANT_BLOCK_LSB = 216;
  localparam int QUANT_BLOCK_W = 2;
  localparam int QUANT_WIDE_LSB = 218;
  localparam int QUANT_WIDE_W = 1;
  localparam int QUANT_RECORD_LSB = 219;
  localparam int QUANT_RECORD_W = 1;
  localparam int QUANT_GGML_LSB = 220;
  localparam int QUANT_GGML_W = 1;
  localparam int QUANT_COARSE_LSB = 221;
  localparam int QUANT_COARSE_W = 1;
  localparam int SLOT_QUANT_A = 0;
  localparam int SLOT_QUANT_DST = 1;
  localparam int SLOT_QUANT_N = 2;
  localparam int SLOT_QUANT_ROWS = 3;
  localparam int SLOT_QUANT_LO = 4;
  localparam int QUANT_LO_LSB = 0;
  localparam int QUANT_LO_W = 14;
  localparam int SLOT_QUANT_HI = 4;
  localparam int QUANT_HI_LSB = 14;
  localparam int QUANT_HI_W = 14;
  localparam int SLOT_QUANT_DSTRIDE = 5;
  localparam int QUANT_DSTRIDE_LSB = 0;
  localparam int QUANT_DSTRIDE_W = 10;
  localparam int SLOT_QUANT_ASTRIDE = 5;
  localparam int QUANT_ASTRIDE_LSB = 10;
  localparam int QUANT_ASTRIDE_W = 10;

  localparam [7:0] OP_EMBED = 8'h32;  // for row < ROWS, i < N: VB[DST + row + i x STEP] = accumulator[row][A + 2 i]
  localparam int SLOT_EMBED_DST = 0;
  localparam int SLOT_EMBED_A = 1;
  localparam int SLOT_EMBED_N = 2;
  localparam int SLOT_EMBED_ROWS = 3;
  localparam int SLOT_EMBED_STEP = 4;

  localparam [7:0] OP_LOGIT = 8'h33;  // greedy pick and digest over N values of VB or accumulators, in order of index
  localparam int LOGIT_ACC_LSB = 216;
  localparam int LOGIT_ACC_W = 1;
  localparam int LOGIT_FIRST_LSB = 217;
  localparam int LOGIT_FIRST_W = 1;
  localparam int SLOT_LOGIT_A = 0;
  localparam int SLOT_LOGIT_INDEX = 1;
  localparam int SLOT_LOGIT_N = 2;

  localparam [7:0] OP_STORE = 8'h40;  // vector buffer to memory: RUNS runs of N elements
  localparam int STORE_WIN_LSB = 216;
  localparam int STORE_WIN_W = 3;
  localparam int STORE_KIND_LSB = 219;
  localparam int STORE_KIND_W = 2;
  localparam int STORE_SIZE_LSB = 221;
  localparam int STORE_SIZE_W = 2;
  localparam int SLOT_STORE_SRC = 0;
  localparam int SLOT_STORE_N = 1;
  localparam int SLOT_STORE_RUNS = 2;
  localparam int SLOT_STORE_ADDR = 3;
  localparam int SLOT_STORE_ESTRIDE = 4;
  localparam int STORE_ESTRIDE_LSB = 0;
  localparam int STORE_ESTRIDE_W = 14;
  localparam int SLOT_STORE_SSTRIDE = 4;
  localparam int STORE_SSTRIDE_LSB = 14;
  localparam int STORE_SSTRIDE_W = 14;
  localparam int SLOT_STORE_DSTRIDE = 5;

  localparam [3:0] ALU_ADD = 4'd0;
  localparam [3:0] ALU_SUB = 4'd1;
  localparam [3:0] ALU_MUL = 4'd2;
  localparam [3:0] ALU_MIN = 4'd3;
  localparam [3:0] ALU_MAX = 4'd4;
  localparam [3:0] ALU_SHR = 4'd5;
  localparam [3:0] ALU_AND = 4'd6;

  localparam [3:0] VEC_ADD = 4'd0;
  localparam [3:0] VEC_SUB = 4'd1;
  localparam [3:0] VEC_MUL = 4'd2;
  localparam [3:0] VEC_MAX = 4'd3;
  localparam [3:0] VEC_MOV = 4'd4;
  localparam [3:0] VEC_EXP = 4'd5;
  localparam [3:0] VEC_EXPN = 4'd6;
  localparam [3:0] VEC_RECIP = 4'd7;
  localparam [3:0] VEC_RSQRT = 4'd8;
  localparam [3:0] VEC_MASK = 4'd9;

  // What an opcode defines. A bit outside these masks must be zero.
  function automatic op_defined(input [7:0] op);
    case (op)
      OP_HALT, OP_LOOP, OP_ENDLOOP, OP_ALU, OP_LDT, OP_LDA, OP_STREAM, OP_LOADV, OP_GEMM, OP_VEC, OP_QUANT, OP_EMBED, OP_LOGIT, OP_STORE: op_defined = 1'b1;
      default: op_defined = 1'b0;
    endcase
  endfunction

  function automatic [2:0] op_unit(input [7:0] op);
    case (op)
      OP_HALT: op_unit = UNIT_SEQ;
      OP_LOOP: op_unit = UNIT_SEQ;
      OP_ENDLOOP: op_unit = UNIT_SEQ;
      OP_ALU: op_unit = UNIT_SEQ;
      OP_LDT: op_unit = UNIT_SEQ;
      OP_LDA: op_unit = UNIT_SEQ;
      OP_STREAM: op_unit = UNIT_LOAD;
      OP_LOADV: op_unit = UNIT_LOAD;
      OP_GEMM: op_unit = UNIT_MATRIX;
      OP_VEC: op_unit = UNIT_VECTOR;
      OP_QUANT: op_unit = UNIT_VECTOR;
      OP_EMBED: op_unit = UNIT_VECTOR;
      OP_LOGIT: op_unit = UNIT_VECTOR;
      OP_STORE: op_unit = UNIT_STORE;
      default: op_unit = UNIT_SEQ;
    endcase
  endfunction

  function automatic [23:0] op_flags(input [7:0] op);  // field bits, as they stand in the entry
    case (op)
      OP_ALU: op_flags = 24'h0000ff;
      OP_LDT: op_flags = 24'h00000f;
      OP_LDA: op_flags = 24'h00000f;
      OP_STREAM: op_flags = 24'h00001f;
      OP_LOADV: op_flags = 24'h00003f;
      OP_GEMM: op_flags = 24'h000003;
      OP_VEC: op_flags = 24'h000f3f;
      OP_QUANT: op_flags = 24'h00003f;
      OP_LOGIT: op_flags = 24'h000003;
      OP_STORE: op_flags = 24'h00007f;
      default: op_flags = 24'h0;
    endcase
  endfunction

  function automatic [31:0] op_slot(input [7:0] op, input [2:0] index);  // the slot's 32-bit word
    case ({op, index})
      {OP_LOOP, 3'd0}: op_slot = 32'hffffffff;
      {OP_LOOP, 3'd1}: op_slot = 32'hffffffff;
      {OP_ALU, 3'd0}: op_slot = 32'hffffffff;
      {OP_ALU, 3'd1}: op_slot = 32'hffffffff;
      {OP_LDT, 3'd0}: op_slot = 32'hffffffff;
      {OP_LDA, 3'd0}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd0}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd1}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd2}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd3}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd4}: op_slot = 32'hffffffff;
      {OP_STREAM, 3'd5}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd0}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd1}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd2}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd3}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd4}: op_slot = 32'hffffffff;
      {OP_LOADV, 3'd5}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd0}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd1}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd2}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd3}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd4}: op_slot = 32'hffffffff;
      {OP_GEMM, 3'd5}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd0}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd1}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd2}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd3}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd4}: op_slot = 32'hffffffff;
      {OP_VEC, 3'd5}: op_slot = 32'h0fffffff;
      {OP_QUANT, 3'd0}: op_slot = 32'hffffffff;
      {OP_QUANT, 3'd1}: op_slot = 32'hffffffff;
      {OP_QUANT, 3'd2}: op_slot = 32'hffffffff;
      {OP_QUANT, 3'd3}: op_slot = 32'hffffffff;
      {OP_QUANT, 3'd4}: op_slot = 32'h0fffffff;
      {OP_QUANT, 3'd5}: op_slot = 32'h000fffff;
      {OP_EMBED, 3'd0}: op_slot = 32'hffffffff;
      {OP_EMBED, 3'd1}: op_slot = 32'hffffffff;
      {OP_EMBED, 3'd2}: op_slot = 32'hffffffff;
      {OP_EMBED, 3'd3}: op_slot = 32'hffffffff;
      {OP_EMBED, 3'd4}: op_slot = 32'hffffffff;
      {OP_LOGIT, 3'd0}: op_slot = 32'hffffffff;
      {OP_LOGIT, 3'd1}: op_slot = 32'hffffffff;
      {OP_LOGIT, 3'd2}: op_slot = 32'hffffffff;
      {OP_STORE, 3'd0}: op_slot = 32'hffffffff;
      {OP_STORE, 3'd1}: op_slot = 32'hffffffff;
      {OP_STORE, 3'd2}: op_slot = 32'hffffffff;
      {OP_STORE, 3'd3}: op_slot = 32'hffffffff;
      {OP_STORE, 3'd4}: op_slot = 32'h0fffffff;
      {OP_STORE, 3'd5}: op_slot = 32'hffffffff;
      default: op_slot = 32'h0;
    endcase
  endfunction

  // Number formats. A function's argument is the id's low 7 bits: ask fmt_valid about the whole slot first.
  localparam [6:0] FMT_S1 = 7'd1;  // 1-bit signed (0, -1), scale per 32
  localparam [6:0] FMT_S2 = 7'd2;  // 2-bit signed, scale per 32
  localparam [6:0] FMT_S3 = 7'd3;  // 3-bit signed, scale per 32
  localparam [6:0] FMT_S4 = 7'd4;  // 4-bit signed, scale per 32: GGUF Q4_0
  localparam [6:0] FMT_S5 = 7'd5;  // 5-bit signed, scale per 32: GGUF Q5_0
  localparam [6:0] FMT_S6 = 7'd6;  // 6-bit signed, scale per 32
  localparam [6:0] FMT_S7 = 7'd7;  // 7-bit signed, scale per 32
  localparam [6:0] FMT_S8 = 7'd8;  // 8-bit signed, scale per 32: GGUF Q8_0
  localparam [6:0] FMT_U4M = 7'd9;  // 4-bit unsigned, scale and minimum per 32: GGUF Q4_1 (minimum negated)
  localparam [6:0] FMT_U5M = 7'd10;  // 5-bit unsigned, scale and minimum per 32: GGUF Q5_1 (minimum negated)
  localparam [6:0] FMT_K4 = 7'd11;  // GGUF Q4_K: 6-bit scales and minima per 32, FP16 pair per 256
  localparam [6:0] FMT_K5 = 7'd12;  // GGUF Q5_K: the same with 5 bits
  localparam [6:0] FMT_K6 = 7'd13;  // GGUF Q6_K: 8-bit scales per 16, FP16 per 256
  localparam [6:0] FMT_S2G128 = 7'd14;  // 2-bit signed, scale per 128
  localparam [6:0] FMT_S4G128 = 7'd15;  // 4-bit signed, scale per 128
  localparam [6:0] FMT_S8G128 = 7'd16;  // 8-bit signed, scale per 128
  localparam [6:0] FMT_KEY8 = 7'd17;  // cached keys of 8 bits: columns are tokens
  localparam [6:0] FMT_KEY16 = 7'd18;  // cached keys of 16 bits
  localparam [6:0] FMT_VAL8 = 7'd19;  // cached values of 8 bits: columns are dimensions, a slice is 32 tokens
  localparam [6:0] FMT_VAL16 = 7'd20;  // cached values of 16 bits
  localparam [6:0] FMT_K3 = 7'd21;  // GGUF Q3_K: 6-bit signed scales per 16, FP16 per 256
  localparam [6:0] FMT_S2G256 = 7'd22;  // 2-bit signed, scale per 256: GGUF TQ1_0, TQ2_0 (codes and scale negated)
  localparam [6:0] FMT_MX4 = 7'd23;  // E2M1 doubled, BF16 scale per 32: GGUF MXFP4 (E8M0 halved)
  localparam [6:0] FMT_S2G64 = 7'd24;  // 2-bit signed, scale per 64: GGUF Q2_0 (codes and scale negated)
  localparam [6:0] FMT_X4 = 7'd25;  // GGUF IQ4_XS: code book of 8 bits, 6-bit signed scale per 32, FP16 per 256
  localparam [6:0] FMT_N4 = 7'd26;  // GGUF IQ4_NL: code book of 8 bits, scale per 32
  localparam [6:0] FMT_B1 = 7'd27;  // binary (1, -1), scale per 32
  localparam [6:0] FMT_B1G128 = 7'd28;  // binary, scale per 128: GGUF Q1_0; a plane of BCQ (LUT-GEMM, arXiv:2206.09557)
  localparam [6:0] FMT_B1G256 = 7'd29;  // binary, scale per 256
  localparam [6:0] FMT_U2M = 7'd30;  // 2-bit unsigned, scale and minimum per 32
  localparam [6:0] FMT_U3M = 7'd31;  // 3-bit unsigned, scale and minimum per 32
  localparam [6:0] FMT_U6M = 7'd32;  // 6-bit unsigned, scale and minimum per 32
  localparam [6:0] FMT_U7M = 7'd33;  // 7-bit unsigned, scale and minimum per 32
  localparam [6:0] FMT_U8M = 7'd34;  // 8-bit unsigned, scale and minimum per 32
  localparam [6:0] FMT_U2MG128 = 7'd35;  // 2-bit unsigned, scale and minimum per 128
  localparam [6:0] FMT_U3MG128 = 7'd36;  // 3-bit unsigned, scale and minimum per 128
  localparam [6:0] FMT_U4MG128 = 7'd37;  // 4-bit unsigned, scale and minimum per 128
  localparam [6:0] FMT_U8MG128 = 7'd38;  // 8-bit unsigned, scale and minimum per 128
  localparam [6:0] FMT_S1G128 = 7'd39;  // 1-bit signed (0, -1), scale per 128; one of two in dual binary codes (DB-LLM, arXiv:2402.11960)
  localparam [6:0] FMT_S3G128 = 7'd40;  // 3-bit signed, scale per 128
  localparam [6:0] FMT_S5G128 = 7'd41;  // 5-bit signed, scale per 128
  localparam [6:0] FMT_S6G128 = 7'd42;  // 6-bit signed, scale per 128
  localparam [6:0] FMT_S7G128 = 7'd43;  // 7-bit signed, scale per 128
  localparam [6:0] FMT_S4G64 = 7'd44;  // 4-bit signed, scale per 64
  localparam [6:0] FMT_S8G64 = 7'd45;  // 8-bit signed, scale per 64
  localparam [6:0] FMT_S4G256 = 7'd46;  // 4-bit signed, scale per 256
  localparam [6:0] FMT_S8G256 = 7'd47;  // 8-bit signed, scale per 256
  localparam [6:0] FMT_FP4 = 7'd48;  // E2M1 doubled, FP16 scale per 32
  localparam [6:0] FMT_FP4G128 = 7'd49;  // E2M1 doubled, FP16 scale per 128
  localparam [6:0] FMT_NF4 = 7'd50;  // NormalFloat (QLoRA, arXiv:2305.14314) in units of 1/127, scale per 64
  localparam [6:0] FMT_POW4 = 7'd51;  // powers of two and zero, scale per 32
  localparam [6:0] FMT_SHIFT2 = 7'd52;  // powers of two without zero (DenseShift, arXiv:2208.09708), scale per 32
  localparam [6:0] FMT_SHIFT3 = 7'd53;  // the same of 3 bits
  localparam [6:0] FMT_SHIFT4 = 7'd54;  // the same of 4 bits
  localparam [6:0] FMT_BFP4 = 7'd55;  // block floating point: 4-bit integers, BF16 power of two per 32
  localparam [6:0] FMT_BFP6 = 7'd56;  // block floating point of 6 bits
  localparam [6:0] FMT_BFP8 = 7'd57;  // block floating point of 8 bits: MXINT8 (64 times its values)
  localparam [6:0] FMT_E2M3 = 7'd58;  // MXFP6 E2M3: 8 times its values, BF16 power of two per 32
  localparam [6:0] FMT_E3M2 = 7'd59;  // MXFP6 E3M2: 16 times its values
  localparam [6:0] FMT_E4M3 = 7'd60;  // MXFP8 E4M3: 32 times its values, rounded to integers
  localparam [6:0] FMT_E5M2 = 7'd61;  // MXFP8 E5M2: a quarter of its values, rounded to integers
  localparam [6:0] FMT_C2 = 7'd62;  // complex 1, i, -1, -i (iFairy, arXiv:2508.05571): real and imaginary part side by side, scale per 128
  localparam [6:0] FMT_NF3 = 7'd63;  // NormalFloat of 3 bits, in units of 1/127, scale per 64
  localparam [6:0] FMT_K2 = 7'd64;  // GGUF Q2_K: 4-bit scales and minima per 16, FP16 pair per 256
  localparam [6:0] FMT_NV4 = 7'd65;  // E2M1 doubled, FP16 scale per 16: GGUF NVFP4 (UE4M3 halved)
  localparam [6:0] FMT_S2G16 = 7'd66;  // 2-bit signed, scale per 16
  localparam [6:0] FMT_S3G16 = 7'd67;  // 3-bit signed, scale per 16
  localparam [6:0] FMT_S4G16 = 7'd68;  // 4-bit signed, scale per 16
  localparam [6:0] FMT_S5G16 = 7'd69;  // 5-bit signed, scale per 16
  localparam [6:0] FMT_S6G16 = 7'd70;  // 6-bit signed, scale per 16

  function automatic fmt_valid(input [31:0] id);
    fmt_valid = id >= 32'd1 && id <= 32'd70;
  endfunction

  function automatic [4:0] fmt_planes(input [6:0] id);
    case (id)
      FMT_S1: fmt_planes = 5'd1;
      FMT_S2: fmt_planes = 5'd2;
      FMT_S3: fmt_planes = 5'd3;
      FMT_S4: fmt_planes = 5'd4;
      FMT_S5: fmt_planes = 5'd5;
      FMT_S6: fmt_planes = 5'd6;
      FMT_S7: fmt_planes = 5'd7;
      FMT_S8: fmt_planes = 5'd8;
      FMT_U4M: fmt_planes = 5'd4;
      FMT_U5M: fmt_planes = 5'd5;
      FMT_K4: fmt_planes = 5'd4;
      FMT_K5: fmt_planes = 5'd5;
      FMT_K6: fmt_planes = 5'd6;
      FMT_S2G128: fmt_planes = 5'd2;
      FMT_S4G128: fmt_planes = 5'd4;
      FMT_S8G128: fmt_planes = 5'd8;
      FMT_KEY8: fmt_planes = 5'd8;
      FMT_KEY16: fmt_planes = 5'd16;
      FMT_VAL8: fmt_planes = 5'd8;
      FMT_VAL16: fmt_planes = 5'd16;
      FMT_K3: fmt_planes = 5'd3;
      FMT_S2G256: fmt_planes = 5'd2;
      FMT_MX4: fmt_planes = 5'd5;
      FMT_S2G64: fmt_planes = 5'd2;
      FMT_X4: fmt_planes = 5'd8;
      FMT_N4: fmt_planes = 5'd8;
      FMT_B1: fmt_planes = 5'd1;
      FMT_B1G128: fmt_planes = 5'd1;
      FMT_B1G256: fmt_planes = 5'd1;
      FMT_U2M: fmt_planes = 5'd2;
      FMT_U3M: fmt_planes = 5'd3;
      FMT_U6M: fmt_planes = 5'd6;
      FMT_U7M: fmt_planes = 5'd7;
      FMT_U8M: fmt_planes = 5'd8;
      FMT_U2MG128: fmt_planes = 5'd2;
      FMT_U3MG128: fmt_planes = 5'd3;
      FMT_U4MG128: fmt_planes = 5'd4;
      FMT_U8MG128: fmt_planes = 5'd8;
      FMT_S1G128: fmt_planes = 5'd1;
      FMT_S3G128: fmt_planes = 5'd3;
      FMT_S5G128: fmt_planes = 5'd5;
      FMT_S6G128: fmt_planes = 5'd6;
      FMT_S7G128: fmt_planes = 5'd7;
      FMT_S4G64: fmt_planes = 5'd4;
      FMT_S8G64: fmt_planes = 5'd8;
      FMT_S4G256: fmt_planes = 5'd4;
      FMT_S8G256: fmt_planes = 5'd8;
      FMT_FP4: fmt_planes = 5'd5;
      FMT_FP4G128: fmt_planes = 5'd5;
      FMT_NF4: fmt_planes = 5'd8;
      FMT_POW4: fmt_planes = 5'd8;
      FMT_SHIFT2: fmt_planes = 5'd3;
      FMT_SHIFT3: fmt_planes = 5'd5;
      FMT_SHIFT4: fmt_planes = 5'd9;
      FMT_BFP4: fmt_planes = 5'd4;
      FMT_BFP6: fmt_planes = 5'd6;
      FMT_BFP8: fmt_planes = 5'd8;
      FMT_E2M3: fmt_planes = 5'd7;
      FMT_E3M2: fmt_planes = 5'd10;
      FMT_E4M3: fmt_planes = 5'd15;
      FMT_E5M2: fmt_planes = 5'd15;
      FMT_C2: fmt_planes = 5'd2;
      FMT_NF3: fmt_planes = 5'd8;
      FMT_K2: fmt_planes = 5'd2;
      FMT_NV4: fmt_planes = 5'd5;
      FMT_S2G16: fmt_planes = 5'd2;
      FMT_S3G16: fmt_planes = 5'd3;
      FMT_S4G16: fmt_planes = 5'd4;
      FMT_S5G16: fmt_planes = 5'd5;
      FMT_S6G16: fmt_planes = 5'd6;
      default: fmt_planes = 5'd0;
    endcase
  endfunction

  function automatic [1:0] fmt_signed(input [6:0] id);
    case (id)
      FMT_S1: fmt_signed = 2'd1;
      FMT_S2: fmt_signed = 2'd1;
      FMT_S3: fmt_signed = 2'd1;
      FMT_S4: fmt_signed = 2'd1;
      FMT_S5: fmt_signed = 2'd1;
      FMT_S6: fmt_signed = 2'd1;
      FMT_S7: fmt_signed = 2'd1;
      FMT_S8: fmt_signed = 2'd1;
      FMT_K6: fmt_signed = 2'd1;
      FMT_S2G128: fmt_signed = 2'd1;
      FMT_S4G128: fmt_signed = 2'd1;
      FMT_S8G128: fmt_signed = 2'd1;
      FMT_KEY8: fmt_signed = 2'd1;
      FMT_KEY16: fmt_signed = 2'd1;
      FMT_VAL8: fmt_signed = 2'd1;
      FMT_VAL16: fmt_signed = 2'd1;
      FMT_K3: fmt_signed = 2'd1;
      FMT_S2G256: fmt_signed = 2'd1;
      FMT_MX4: fmt_signed = 2'd1;
      FMT_S2G64: fmt_signed = 2'd1;
      FMT_X4: fmt_signed = 2'd1;
      FMT_N4: fmt_signed = 2'd1;
      FMT_B1: fmt_signed = 2'd2;
      FMT_B1G128: fmt_signed = 2'd2;
      FMT_B1G256: fmt_signed = 2'd2;
      FMT_S1G128: fmt_signed = 2'd1;
      FMT_S3G128: fmt_signed = 2'd1;
      FMT_S5G128: fmt_signed = 2'd1;
      FMT_S6G128: fmt_signed = 2'd1;
      FMT_S7G128: fmt_signed = 2'd1;
      FMT_S4G64: fmt_signed = 2'd1;
      FMT_S8G64: fmt_signed = 2'd1;
      FMT_S4G256: fmt_signed = 2'd1;
      FMT_S8G256: fmt_signed = 2'd1;
      FMT_FP4: fmt_signed = 2'd1;
      FMT_FP4G128: fmt_signed = 2'd1;
      FMT_NF4: fmt_signed = 2'd1;
      FMT_POW4: fmt_signed = 2'd1;
      FMT_SHIFT2: fmt_signed = 2'd1;
      FMT_SHIFT3: fmt_signed = 2'd1;
      FMT_SHIFT4: fmt_signed = 2'd1;
      FMT_BFP4: fmt_signed = 2'd1;
      FMT_BFP6: fmt_signed = 2'd1;
      FMT_BFP8: fmt_signed = 2'd1;
      FMT_E2M3: fmt_signed = 2'd1;
      FMT_E3M2: fmt_signed = 2'd1;
      FMT_E4M3: fmt_signed = 2'd1;
      FMT_E5M2: fmt_signed = 2'd1;
      FMT_C2: fmt_signed = 2'd1;
      FMT_NF3: fmt_signed = 2'd1;
      FMT_NV4: fmt_signed = 2'd1;
      FMT_S2G16: fmt_signed = 2'd1;
      FMT_S3G16: fmt_signed = 2'd1;
      FMT_S4G16: fmt_signed = 2'd1;
      FMT_S5G16: fmt_signed = 2'd1;
      FMT_S6G16: fmt_signed = 2'd1;
      default: fmt_signed = 2'd0;
    endcase
  endfunction

  function automatic [2:0] fmt_sub(input [6:0] id);
    case (id)
      FMT_K4: fmt_sub = 3'd1;
      FMT_K5: fmt_sub = 3'd1;
      FMT_K6: fmt_sub = 3'd2;
      FMT_K3: fmt_sub = 3'd2;
      FMT_X4: fmt_sub = 3'd2;
      FMT_K2: fmt_sub = 3'd3;
      FMT_NV4: fmt_sub = 3'd4;
      FMT_S2G16: fmt_sub = 3'd4;
      FMT_S3G16: fmt_sub = 3'd4;
      FMT_S4G16: fmt_sub = 3'd4;
      FMT_S5G16: fmt_sub = 3'd4;
      FMT_S6G16: fmt_sub = 3'd4;
      default: fmt_sub = 3'd0;
    endcase
  endfunction

  function automatic [3:0] fmt_block(input [6:0] id);
    case (id)
      FMT_S1: fmt_block = 4'd1;
      FMT_S2: fmt_block = 4'd1;
      FMT_S3: fmt_block = 4'd1;
      FMT_S4: fmt_block = 4'd1;
      FMT_S5: fmt_block = 4'd1;
      FMT_S6: fmt_block = 4'd1;
      FMT_S7: fmt_block = 4'd1;
      FMT_S8: fmt_block = 4'd1;
      FMT_U4M: fmt_block = 4'd1;
      FMT_U5M: fmt_block = 4'd1;
      FMT_K4: fmt_block = 4'd8;
      FMT_K5: fmt_block = 4'd8;
      FMT_K6: fmt_block = 4'd8;
      FMT_S2G128: fmt_block = 4'd4;
      FMT_S4G128: fmt_block = 4'd4;
      FMT_S8G128: fmt_block = 4'd4;
      FMT_KEY8: fmt_block = 4'd1;
      FMT_KEY16: fmt_block = 4'd1;
      FMT_VAL8: fmt_block = 4'd1;
      FMT_VAL16: fmt_block = 4'd1;
      FMT_K3: fmt_block = 4'd8;
      FMT_S2G256: fmt_block = 4'd8;
      FMT_MX4: fmt_block = 4'd1;
      FMT_S2G64: fmt_block = 4'd2;
      FMT_X4: fmt_block = 4'd8;
      FMT_N4: fmt_block = 4'd1;
      FMT_B1: fmt_block = 4'd1;
      FMT_B1G128: fmt_block = 4'd4;
      FMT_B1G256: fmt_block = 4'd8;
      FMT_U2M: fmt_block = 4'd1;
      FMT_U3M: fmt_block = 4'd1;
      FMT_U6M: fmt_block = 4'd1;
      FMT_U7M: fmt_block = 4'd1;
      FMT_U8M: fmt_block = 4'd1;
      FMT_U2MG128: fmt_block = 4'd4;
      FMT_U3MG128: fmt_block = 4'd4;
      FMT_U4MG128: fmt_block = 4'd4;
      FMT_U8MG128: fmt_block = 4'd4;
      FMT_S1G128: fmt_block = 4'd4;
      FMT_S3G128: fmt_block = 4'd4;
      FMT_S5G128: fmt_block = 4'd4;
      FMT_S6G128: fmt_block = 4'd4;
      FMT_S7G128: fmt_block = 4'd4;
      FMT_S4G64: fmt_block = 4'd2;
      FMT_S8G64: fmt_block = 4'd2;
      FMT_S4G256: fmt_block = 4'd8;
      FMT_S8G256: fmt_block = 4'd8;
      FMT_FP4: fmt_block = 4'd1;
      FMT_FP4G128: fmt_block = 4'd4;
      FMT_NF4: fmt_block = 4'd2;
      FMT_POW4: fmt_block = 4'd1;
      FMT_SHIFT2: fmt_block = 4'd1;
      FMT_SHIFT3: fmt_block = 4'd1;
      FMT_SHIFT4: fmt_block = 4'd1;
      FMT_BFP4: fmt_block = 4'd1;
      FMT_BFP6: fmt_block = 4'd1;
      FMT_BFP8: fmt_block = 4'd1;
      FMT_E2M3: fmt_block = 4'd1;
      FMT_E3M2: fmt_block = 4'd1;
      FMT_E4M3: fmt_block = 4'd1;
      FMT_E5M2: fmt_block = 4'd1;
      FMT_C2: fmt_block = 4'd4;
      FMT_NF3: fmt_block = 4'd2;
      FMT_K2: fmt_block = 4'd8;
      FMT_NV4: fmt_block = 4'd1;
      FMT_S2G16: fmt_block = 4'd1;
      FMT_S3G16: fmt_block = 4'd1;
      FMT_S4G16: fmt_block = 4'd1;
      FMT_S5G16: fmt_block = 4'd1;
      FMT_S6G16: fmt_block = 4'd1;
      default: fmt_block = 4'd0;
    endcase
  endfunction

  function automatic [1:0] fmt_head(input [6:0] id);
    case (id)
      FMT_S1: fmt_head = 2'd1;
      FMT_S2: fmt_head = 2'd1;
      FMT_S3: fmt_head = 2'd1;
      FMT_S4: fmt_head = 2'd1;
      FMT_S5: fmt_head = 2'd1;
      FMT_S6: fmt_head = 2'd1;
      FMT_S7: fmt_head = 2'd1;
      FMT_S8: fmt_head = 2'd1;
      FMT_U4M: fmt_head = 2'd2;
      FMT_U5M: fmt_head = 2'd2;
      FMT_K4: fmt_head = 2'd2;
      FMT_K5: fmt_head = 2'd2;
      FMT_K6: fmt_head = 2'd1;
      FMT_S2G128: fmt_head = 2'd1;
      FMT_S4G128: fmt_head = 2'd1;
      FMT_S8G128: fmt_head = 2'd1;
      FMT_KEY8: fmt_head = 2'd3;
      FMT_KEY16: fmt_head = 2'd3;
      FMT_K3: fmt_head = 2'd1;
      FMT_S2G256: fmt_head = 2'd1;
      FMT_MX4: fmt_head = 2'd3;
      FMT_S2G64: fmt_head = 2'd1;
      FMT_X4: fmt_head = 2'd1;
      FMT_N4: fmt_head = 2'd1;
      FMT_B1: fmt_head = 2'd1;
      FMT_B1G128: fmt_head = 2'd1;
      FMT_B1G256: fmt_head = 2'd1;
      FMT_U2M: fmt_head = 2'd2;
      FMT_U3M: fmt_head = 2'd2;
      FMT_U6M: fmt_head = 2'd2;
      FMT_U7M: fmt_head = 2'd2;
      FMT_U8M: fmt_head = 2'd2;
      FMT_U2MG128: fmt_head = 2'd2;
      FMT_U3MG128: fmt_head = 2'd2;
      FMT_U4MG128: fmt_head = 2'd2;
      FMT_U8MG128: fmt_head = 2'd2;
      FMT_S1G128: fmt_head = 2'd1;
      FMT_S3G128: fmt_head = 2'd1;
      FMT_S5G128: fmt_head = 2'd1;
      FMT_S6G128: fmt_head = 2'd1;
      FMT_S7G128: fmt_head = 2'd1;
      FMT_S4G64: fmt_head = 2'd1;
      FMT_S8G64: fmt_head = 2'd1;
      FMT_S4G256: fmt_head = 2'd1;
      FMT_S8G256: fmt_head = 2'd1;
      FMT_FP4: fmt_head = 2'd1;
      FMT_FP4G128: fmt_head = 2'd1;
      FMT_NF4: fmt_head = 2'd1;
      FMT_POW4: fmt_head = 2'd1;
      FMT_SHIFT2: fmt_head = 2'd1;
      FMT_SHIFT3: fmt_head = 2'd1;
      FMT_SHIFT4: fmt_head = 2'd1;
      FMT_BFP4: fmt_head = 2'd3;
      FMT_BFP6: fmt_head = 2'd3;
      FMT_BFP8: fmt_head = 2'd3;
      FMT_E2M3: fmt_head = 2'd3;
      FMT_E3M2: fmt_head = 2'd3;
      FMT_E4M3: fmt_head = 2'd3;
      FMT_E5M2: fmt_head = 2'd3;
      FMT_C2: fmt_head = 2'd1;
      FMT_NF3: fmt_head = 2'd1;
      FMT_K2: fmt_head = 2'd2;
      FMT_NV4: fmt_head = 2'd2;
      FMT_S2G16: fmt_head = 2'd2;
      FMT_S3G16: fmt_head = 2'd2;
      FMT_S4G16: fmt_head = 2'd2;
      FMT_S5G16: fmt_head = 2'd2;
      FMT_S6G16: fmt_head = 2'd2;
      default: fmt_head = 2'd0;
    endcase
  endfunction

  function automatic [3:0] fmt_store(input [6:0] id);
    case (id)
      FMT_KEY8: fmt_store = 4'd1;
      FMT_KEY16: fmt_store = 4'd1;
      FMT_VAL8: fmt_store = 4'd1;
      FMT_VAL16: fmt_store = 4'd1;
      FMT_MX4: fmt_store = 4'd3;
      FMT_X4: fmt_store = 4'd2;
      FMT_N4: fmt_store = 4'd2;
      FMT_FP4: fmt_store = 4'd3;
      FMT_FP4G128: fmt_store = 4'd3;
      FMT_NF4: fmt_store = 4'd4;
      FMT_POW4: fmt_store = 4'd5;
      FMT_SHIFT2: fmt_store = 4'd6;
      FMT_SHIFT3: fmt_store = 4'd7;
      FMT_SHIFT4: fmt_store = 4'd8;
      FMT_C2: fmt_store = 4'd9;
      FMT_NF3: fmt_store = 4'd10;
      FMT_NV4: fmt_store = 4'd3;
      default: fmt_store = 4'd0;
    endcase
  endfunction

  // How columns are stored (fmt_store): PLANES, BYTES, or a book's number. Groups of words, and the planes that come of a group.
  localparam [3:0] STORE_PLANES = 4'd0;
  localparam [3:0] STORE_BYTES = 4'd1;
  localparam [3:0] STORE_IQ4 = 4'd2;
  localparam [3:0] STORE_E2M1 = 4'd3;
  localparam [3:0] STORE_NF4 = 4'd4;
  localparam [3:0] STORE_POW4 = 4'd5;
  localparam [3:0] STORE_SHIFT2 = 4'd6;
  localparam [3:0] STORE_SHIFT3 = 4'd7;
  localparam [3:0] STORE_SHIFT4 = 4'd8;
  localparam [3:0] STORE_COMPLEX = 4'd9;
  localparam [3:0] STORE_NF3 = 4'd10;

  function automatic [4:0] fmt_words(input [6:0] id);  // of a column
    case (id)
      FMT_MX4: fmt_words = 5'd4;
      FMT_X4: fmt_words = 5'd4;
      FMT_N4: fmt_words = 5'd4;
      FMT_FP4: fmt_words = 5'd4;
      FMT_FP4G128: fmt_words = 5'd4;
      FMT_NF4: fmt_words = 5'd4;
      FMT_POW4: fmt_words = 5'd4;
      FMT_SHIFT2: fmt_words = 5'd2;
      FMT_SHIFT3: fmt_words = 5'd3;
      FMT_SHIFT4: fmt_words = 5'd4;
      FMT_C2: fmt_words = 5'd1;
      FMT_NF3: fmt_words = 5'd3;
      FMT_NV4: fmt_words = 5'd4;
      default: fmt_words = fmt_planes(id);
    endcase
  endfunction

  function automatic [2:0] store_last(input [3:0] store);  // words of a group, less one
    case (store)
      STORE_PLANES: store_last = 3'd0;
      STORE_IQ4: store_last = 3'd3;
      STORE_E2M1: store_last = 3'd3;
      STORE_NF4: store_last = 3'd3;
      STORE_POW4: store_last = 3'd3;
      STORE_SHIFT2: store_last = 3'd1;
      STORE_SHIFT3: store_last = 3'd2;
      STORE_SHIFT4: store_last = 3'd3;
      STORE_COMPLEX: store_last = 3'd1;
      STORE_NF3: store_last = 3'd2;
      default: store_last = 3'd7;
    endcase
  endfunction

  function automatic [3:0] store_planes(input [3:0] store);
    case (store)
      STORE_IQ4: store_planes = 4'd8;
      STORE_E2M1: store_planes = 4'd5;
      STORE_NF4: store_planes = 4'd8;
      STORE_POW4: store_planes = 4'd8;
      STORE_SHIFT2: store_planes = 4'd3;
      STORE_SHIFT3: store_planes = 4'd5;
      STORE_SHIFT4: store_planes = 4'd9;
      STORE_COMPLEX: store_planes = 4'd4;
      STORE_NF3: store_planes = 4'd8;
      default: store_planes = 4'd8;
    endcase
  endfunction

  function automatic [15:0] book_bit(input [3:0] store, input [3:0] place);  // bit i: the bit of code i's value that has `place` bits from the first to itself
    case ({store, place})
      {STORE_IQ4, 4'd8}: book_bit = 16'h00ff;
      {STORE_IQ4, 4'd7}: book_bit = 16'he0f0;
      {STORE_IQ4, 4'd6}: book_bit = 16'h98cc;
      {STORE_IQ4, 4'd5}: book_bit = 16'hd4aa;
      {STORE_IQ4, 4'd4}: book_bit = 16'h467e;
      {STORE_IQ4, 4'd3}: book_bit = 16'h3abc;
      {STORE_IQ4, 4'd2}: book_bit = 16'h08d8;
      {STORE_IQ4, 4'd1}: book_bit = 16'hf73d;
      {STORE_E2M1, 4'd5}: book_bit = 16'hfe00;
      {STORE_E2M1, 4'd4}: book_bit = 16'h7ec0;
      {STORE_E2M1, 4'd3}: book_bit = 16'h9eb0;
      {STORE_E2M1, 4'd2}: book_bit = 16'h262c;
      {STORE_E2M1, 4'd1}: book_bit = 16'h0a0a;
      {STORE_NF4, 4'd8}: book_bit = 16'h007f;
      {STORE_NF4, 4'd7}: book_bit = 16'he078;
      {STORE_NF4, 4'd6}: book_bit = 16'h9866;
      {STORE_NF4, 4'd5}: book_bit = 16'hd654;
      {STORE_NF4, 4'd4}: book_bit = 16'hdd3e;
      {STORE_NF4, 4'd3}: book_bit = 16'he65c;
      {STORE_NF4, 4'd2}: book_bit = 16'had08;
      {STORE_NF4, 4'd1}: book_bit = 16'hac25;
      {STORE_POW4, 4'd8}: book_bit = 16'hff00;
      {STORE_POW4, 4'd7}: book_bit = 16'hfe80;
      {STORE_POW4, 4'd6}: book_bit = 16'h7e40;
      {STORE_POW4, 4'd5}: book_bit = 16'h3e20;
      {STORE_POW4, 4'd4}: book_bit = 16'h1e10;
      {STORE_POW4, 4'd3}: book_bit = 16'h0e08;
      {STORE_POW4, 4'd2}: book_bit = 16'h0604;
      {STORE_POW4, 4'd1}: book_bit = 16'h0202;
      {STORE_SHIFT2, 4'd3}: book_bit = 16'hcccc;
      {STORE_SHIFT2, 4'd2}: book_bit = 16'heeee;
      {STORE_SHIFT2, 4'd1}: book_bit = 16'h5555;
      {STORE_SHIFT3, 4'd5}: book_bit = 16'hf0f0;
      {STORE_SHIFT3, 4'd4}: book_bit = 16'hf8f8;
      {STORE_SHIFT3, 4'd3}: book_bit = 16'h7474;
      {STORE_SHIFT3, 4'd2}: book_bit = 16'h3232;
      {STORE_SHIFT3, 4'd1}: book_bit = 16'h1111;
      {STORE_SHIFT4, 4'd9}: book_bit = 16'hff00;
      {STORE_SHIFT4, 4'd8}: book_bit = 16'hff80;
      {STORE_SHIFT4, 4'd7}: book_bit = 16'h7f40;
      {STORE_SHIFT4, 4'd6}: book_bit = 16'h3f20;
      {STORE_SHIFT4, 4'd5}: book_bit = 16'h1f10;
      {STORE_SHIFT4, 4'd4}: book_bit = 16'h0f08;
      {STORE_SHIFT4, 4'd3}: book_bit = 16'h0704;
      {STORE_SHIFT4, 4'd2}: book_bit = 16'h0302;
      {STORE_SHIFT4, 4'd1}: book_bit = 16'h0101;
      {STORE_COMPLEX, 4'd4}: book_bit = 16'h4444;
      {STORE_COMPLEX, 4'd3}: book_bit = 16'h5555;
      {STORE_COMPLEX, 4'd2}: book_bit = 16'h8888;
      {STORE_COMPLEX, 4'd1}: book_bit = 16'haaaa;
      {STORE_NF3, 4'd8}: book_bit = 16'h0707;
      {STORE_NF3, 4'd7}: book_bit = 16'hc6c6;
      {STORE_NF3, 4'd6}: book_bit = 16'ha4a4;
      {STORE_NF3, 4'd5}: book_bit = 16'h9090;
      {STORE_NF3, 4'd4}: book_bit = 16'ha0a0;
      {STORE_NF3, 4'd3}: book_bit = 16'hd4d4;
      {STORE_NF3, 4'd2}: book_bit = 16'he2e2;
      {STORE_NF3, 4'd1}: book_bit = 16'he3e3;
      default: book_bit = 16'd0;
    endcase
  endfunction

  // Registers (word index) and traps
  localparam [31:0] ID_VALUE = 32'h514e0001;
  localparam int ARGS = 64;
  localparam [6:0] REG_ID = 7'h00;
  localparam [6:0] REG_CTRL = 7'h01;
  localparam [6:0] REG_STATUS = 7'h02;
  localparam [6:0] REG_TRAP = 7'h03;
  localparam [6:0] REG_TRAP_PC = 7'h04;
  localparam [6:0] REG_TRAP_ADDR = 7'h05;
  localparam [6:0] REG_ENTRY = 7'h06;
  localparam [6:0] REG_PROG_ADDR = 7'h07;
  localparam [6:0] REG_PROG_WORDS = 7'h08;
  localparam [6:0] REG_PICK = 7'h09;
  localparam [6:0] REG_PICK_VALUE = 7'h0a;
  localparam [6:0] REG_DIGEST_A = 7'h0b;
  localparam [6:0] REG_DIGEST_B = 7'h0c;
  localparam [6:0] REG_WIN_BASE = 7'h10;
  localparam [6:0] REG_WIN_SIZE = 7'h18;
  localparam [6:0] REG_WIN_FLAGS = 7'h20;
  localparam [6:0] REG_COUNT_CYCLES = 7'h28;
  localparam [6:0] REG_COUNT_ARRAY = 7'h29;
  localparam [6:0] REG_COUNT_ROWS = 7'h2a;
  localparam [6:0] REG_COUNT_VECTOR = 7'h2b;
  localparam [6:0] REG_COUNT_MATRIX = 7'h2c;
  localparam [6:0] REG_COUNT_LOAD = 7'h2d;
  localparam [6:0] REG_COUNT_STORE = 7'h2e;
  localparam [6:0] REG_COUNT_STARVE = 7'h2f;
  localparam [6:0] REG_COUNT_READ = 7'h30;
  localparam [6:0] REG_COUNT_WRITE = 7'h34;
  localparam [6:0] REG_ARG = 7'h40;

  localparam [7:0] TRAP_NONE = 8'd0;  // no trap
  localparam [7:0] TRAP_OPCODE = 8'd1;  // opcode not defined
  localparam [7:0] TRAP_CHECK = 8'd2;  // check bits do not match
  localparam [7:0] TRAP_FIELD = 8'd3;  // a field or operand has a value that is not allowed
  localparam [7:0] TRAP_PC = 8'd4;  // program counter or table index beyond the program
  localparam [7:0] TRAP_LOOP = 8'd5;  // loops nested too deep, or ENDLOOP without LOOP
  localparam [7:0] TRAP_SEM = 8'd6;  // semaphore above 255
  localparam [7:0] TRAP_WINDOW = 8'd7;  // memory access outside its window, or a write to one that is not writable
  localparam [7:0] TRAP_BUFFER = 8'd8;  // vector buffer, slice buffer or accumulator address out of range
  localparam [7:0] TRAP_ARG = 8'd9;  // argument index out of range

  // Pipeline latencies, clocks
  localparam int LAT_FADD = 6;  // FP32 sum: qn_fadd
  localparam int LAT_FMUL = 4;  // FP32 product: qn_fmul
  localparam int LAT_IMUL = 6;  // integer times FP32: qn_imul
  localparam int LAT_FUNC = 11;  // exp, reciprocal, reciprocal square root: qn_func
  localparam int LAT_QUOT = 4;  // quotient from a reciprocal: qn_quotient
  localparam int LAT_ACC = 2;  // accumulator read

  // Elements, and the clocks that the loading of a slice takes: for a pair of rows, and after the last pair; element e at [8 e +: 8]
  localparam int ELEMENT_SHIFTADD = 0;
  localparam int ELEMENT_LUT = 1;
  localparam int ELEMENT_MUL = 2;
  localparam [23:0] ELEMENT_PAIR_CLOCKS = {8'd4, 8'd8, 8'd4};
  localparam [23:0] ELEMENT_TAIL_CLOCKS = {8'd1, 8'd4, 8'd1};

endpackage
/* verilator lint_on UNUSEDPARAM */
