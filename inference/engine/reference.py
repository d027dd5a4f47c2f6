"""The high-level class of llama-cpp-python on the same work, one request after the other, as a process of its own.

    python -m inference.engine.reference MODEL.gguf --threads N --context N

Reads one JSON object a line ({"instructions", "question", "sampling", "tokens"}) and answers each with one
({"first_ms", "total_ms", "tokens"}). Its settings are the best that its documentation knows: flash attention and the
given threads (0 for its own choice, half of the cores). It reuses the beginning that two prompts have in
common by itself.
"""

import argparse
import json
import sys
import time
from typing import Any

import llama_cpp


def answer(model: llama_cpp.Llama, work: dict[str, Any]) -> dict[str, float]:
    """Stream one answer and note its times (ms) and tokens."""
    began = time.perf_counter()
    first, tokens = 0.0, 0
    messages: Any = [{"role": "system", "content": work["instructions"]}, {"role": "user", "content": work["question"]}]
    chunks: Any = model.create_chat_completion(messages, stream=True, max_tokens=work["tokens"], **work["sampling"])
    for chunk in chunks:
        if chunk["choices"][0]["delta"].get("content"):
            tokens += 1
            first = first or time.perf_counter() - began
    return {"first_ms": first * 1000, "total_ms": (time.perf_counter() - began) * 1000, "tokens": tokens}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--context", type=int, required=True)
    options = parser.parse_args()
    model = llama_cpp.Llama(
        options.model,
        n_ctx=options.context,
        n_threads=options.threads or None,
        n_threads_batch=options.threads or None,
        flash_attn=True,
        verbose=False,
    )
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(model, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
