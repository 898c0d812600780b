#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The tokenizer against llama.cpp's own test vectors: the vocabularies of real models that the source package of llama-cpp-python carries.
# Downloads 75 MB into build/sdist unless they are there. Also: the Unicode table is what its generator prints, where there is a
# Python that has that version of Unicode. Part of `make soak`.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.3.36
models=build/sdist/llama_cpp_python-$version/vendor/llama.cpp/models
if [ ! -d "$models" ]; then
    mkdir -p build/sdist
    [ -x build/venv/bin/pip ] || python3 -m venv build/venv
    build/venv/bin/pip download -q --no-binary :all: --no-deps -d build/sdist "llama-cpp-python==$version"
    tar xzf build/sdist/llama_cpp_python-$version.tar.gz -C build/sdist
fi
make -s build/tests/compiler/test_token_vectors build/tests/compiler/test_token
mkdir -p build/log
for name in llama-spm phi-3 gpt-2 llama-bpe qwen2 qwen35 mpt refact starcoder falcon command-r; do
    build/tests/compiler/test_token_vectors "$models"/ggml-vocab-$name.gguf "$models"/ggml-vocab-$name.gguf.{inp,out} >build/log/soak_token 2>&1 ||
        { cat build/log/soak_token; exit 1; }
    grep 'as in llama.cpp' build/log/soak_token
done
# Those that are refused, are refused by name
for name in deepseek-llm deepseek-coder bert-bge; do
    if build/tests/compiler/test_token_vectors "$models"/ggml-vocab-$name.gguf "$models"/ggml-vocab-$name.gguf.{inp,out} >build/log/soak_token 2>&1
    then
        echo "$name is not refused"
        exit 1
    fi
    grep -o 'tokenizer.ggml.\(pre\|model\) "[a-z-]*"' build/log/soak_token | head -1
done
if python3.13 -c 'import unicodedata, sys; sys.exit(unicodedata.unidata_version != "15.1.0")' 2>/dev/null; then
    python3.13 compiler/front/gen_unicode.py | cmp - compiler/front/qn_token_unicode.c
else
    echo "the Unicode table is not checked: no Python 3.13"
fi
for seed in $(seq "${SEEDS:-20}"); do
    QN_SEED=$seed build/tests/compiler/test_token >build/log/soak_token 2>&1 || { cat build/log/soak_token; exit 1; }
done
echo "random tests: ${SEEDS:-20} seeds"
