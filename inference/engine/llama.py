"""llama.cpp through its low-level interface: a model, a context that many sequences share, and samplers.

The high-level class of llama-cpp-python serves one request at a time; this one keeps every sequence in one
unified KV cache, decodes them in one batch and samples in C. Nothing here is thread-safe but the tokenizer:
one thread owns a context. llama.cpp releases Python's lock while it computes.
"""

import codecs
import ctypes
import logging
import math
import os
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# llama.cpp's threads meet hundreds of times for a token and by default spin until all are there. When anything else
# wants a core, one of them is not running, and the others burn whole time slices waiting: a token then takes a second
# instead of 40 ms. After this short a spin they sleep. libgomp reads it when it is loaded, so it comes first.
os.environ.setdefault("GOMP_SPINCOUNT", "300")

from llama_cpp import llama_cpp as ll

from community_ai.core.logs import Plain
from inference.behaviour import Behaviour

log = logging.getLogger(__name__)

BATCH = 512
"""Most tokens in one decode."""
SEQUENCES = 128
"""Sequence ids of a context: running requests, prefixes and kept conversations. llama.cpp allows 256."""
MOST_CELLS = 16384
"""More room than the writers of a small computer can use well; a cell costs memory from the start."""
PENALTY_WINDOW = 64
"""How many of the last tokens the repeat penalty looks at."""

# ggml_log_level; its warnings are notes about settings that we chose on purpose.
_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.DEBUG, 4: logging.ERROR, 5: logging.DEBUG}
_KEPT_CONTROLS = "\n\t"


class ModelUnusable(Exception):
    """llama.cpp cannot load the file or make a context for it; the text is a sentence."""

    ABOUT_THE_PROGRAM = True  # its words may stand in a log (core.logs)


class DecodeFailed(Exception):
    """llama.cpp refused a batch."""

    ABOUT_THE_PROGRAM = True


@ll.llama_log_callback
def _log_line(level: int, text: bytes, _data: object) -> None:
    line = text.decode(errors="replace").strip()
    if line and line != ".":
        # It gets numbers of tokens from us, and text only to cut it into tokens, of which it says nothing.
        log.log(_LEVELS.get(level, logging.DEBUG), "%s", Plain(line))


def start_backend() -> None:
    """Initialise llama.cpp once per process, its log going to Python's."""
    ll.llama_log_set(_log_line, ctypes.c_void_p(0))
    ll.llama_backend_init()


def thread_count(wanted: int) -> int:
    """`wanted`, or the number of physical cores this process may use when it is 0."""
    allowed = len(os.sched_getaffinity(0))
    return wanted or min(psutil.cpu_count(logical=False) or allowed, allowed)


class LlamaModel:
    """A GGUF file's weights and vocabulary. Raises ModelUnusable."""

    def __init__(self, path: Path) -> None:
        params = ll.llama_model_default_params()
        params.n_gpu_layers = -1
        self._model = ll.llama_model_load_from_file(os.fsencode(path), params)
        if not self._model:
            raise ModelUnusable(f"llama.cpp cannot load the model file {path.name}.")
        if ll.llama_model_is_recurrent(self._model) or ll.llama_model_is_hybrid(self._model):
            self.close()
            raise ModelUnusable(f"The memory of {path.name} cannot be shared between members: it is a recurrent model.")
        if ll.llama_model_has_encoder(self._model) or not ll.llama_model_has_decoder(self._model):
            self.close()
            raise ModelUnusable(f"{path.name} does not write answers: it is an encoder model.")
        self.vocab = ll.llama_model_get_vocab(self._model)
        self.vocab_size = ll.llama_vocab_n_tokens(self.vocab)
        self.trained_context = ll.llama_model_n_ctx_train(self._model)
        self.end_tokens = frozenset(t for t in range(self.vocab_size) if ll.llama_vocab_is_eog(self.vocab, t))
        bos = ll.llama_vocab_bos(self.vocab)
        self.leading_token = bos if ll.llama_vocab_get_add_bos(self.vocab) and bos >= 0 else None
        self.bos_text = self._token_text(bos)
        self.eos_text = self._token_text(ll.llama_vocab_eos(self.vocab))
        self.chat_template = self.metadata("tokenizer.chat_template")
        self._pieces: dict[int, bytes] = {}

    @property
    def pointer(self) -> ctypes.c_void_p:
        return self._model

    def close(self) -> None:
        ll.llama_model_free(self._model)
        self._model = None

    def metadata(self, key: str) -> str:
        """A metadata value as text, "" when the file has none."""
        length = ll.llama_model_meta_val_str(self._model, key.encode(), None, 0)
        if length < 0:
            return ""
        buffer = ctypes.create_string_buffer(length + 1)
        ll.llama_model_meta_val_str(self._model, key.encode(), buffer, length + 1)
        return buffer.value.decode(errors="replace")

    def tokenize(self, text: str, special: bool) -> list[int]:
        """Token ids of `text`. Only with `special` do texts such as `<|im_end|>` become control tokens."""
        data = text.encode()
        tokens = (ll.llama_token * (len(data) + 8))()
        count = ll.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), False, special)
        if count < 0:
            tokens = (ll.llama_token * -count)()
            count = ll.llama_tokenize(self.vocab, data, len(data), tokens, len(tokens), False, special)
        return tokens[:count]

    def piece(self, token: int) -> bytes:
        """The bytes of a token; control tokens have none."""
        piece = self._pieces.get(token)
        if piece is None:
            buffer = ctypes.create_string_buffer(64)
            length = ll.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            if length < 0:
                buffer = ctypes.create_string_buffer(-length)
                length = ll.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            piece = self._pieces[token] = buffer.raw[:length]
        return piece

    def cell_bytes(self) -> int:
        """Memory of one KV cell: a key and a value of 16-bit floats for each KV head of each layer."""
        layers = ll.llama_model_n_layer(self._model)
        heads = ll.llama_model_n_head_kv(self._model)
        width = ll.llama_model_n_embd(self._model) // max(ll.llama_model_n_head(self._model), 1)
        architecture = self.metadata("general.architecture")
        key = int(self.metadata(f"{architecture}.attention.key_length") or width)
        value = int(self.metadata(f"{architecture}.attention.value_length") or width)
        return layers * heads * (key + value) * 2

    def _token_text(self, token: int) -> str:
        return (ll.llama_vocab_get_text(self.vocab, token) or b"").decode(errors="replace") if token >= 0 else ""


@dataclass(slots=True)
class Part:
    """A sequence's share of a batch: `tokens` from position `start`; `output` asks for logits of the last."""

    seq: int
    start: int
    tokens: Sequence[int]
    output: bool


class LlamaContext:
    """A unified KV cache of `cells` cells over one model, and the one batch that is used again and again.

    Raises ModelUnusable when there is not enough memory.
    """

    def __init__(self, model: LlamaModel, *, cells: int, threads: int) -> None:
        params = ll.llama_context_default_params()
        params.n_ctx = cells
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = SEQUENCES
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True
        params.flash_attn_type = ll.LLAMA_FLASH_ATTN_TYPE_AUTO
        params.no_perf = True
        self._context = ll.llama_init_from_model(model.pointer, params)
        if not self._context:
            raise ModelUnusable(f"There is not enough memory to read {cells} tokens with this model.")
        self.pointer = self._context
        self.cells = ll.llama_n_ctx(self._context)
        self._memory = ll.llama_get_memory(self._context)
        self._batch = ll.llama_batch_init(BATCH, 0, 1)
        for i in range(BATCH):
            self._batch.n_seq_id[i] = 1

    def close(self) -> None:
        ll.llama_batch_free(self._batch)
        ll.llama_free(self._context)
        self._context = self.pointer = None

    def copy(self, source: int, target: int, length: int) -> None:
        """Let sequence `target` share the first `length` cells of `source`; nothing is computed or copied."""
        ll.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def cut(self, seq: int, start: int = 0) -> None:
        """Remove a sequence from position `start` on."""
        ll.llama_memory_seq_rm(self._memory, seq, start, -1)

    def last_position(self, seq: int) -> int:
        """Highest position in the cache of a sequence, -1 when it is empty."""
        return ll.llama_memory_seq_pos_max(self._memory, seq)

    def forbid(self, row: int, tokens: Collection[int]) -> None:
        """Rule out `tokens` for whoever samples from `row` of the last decode."""
        logits = ll.llama_get_logits_ith(self._context, row)
        for token in tokens:
            logits[token] = -math.inf

    def decode(self, parts: Sequence[Part]) -> list[int]:
        """Compute all parts in one batch; returns for each the row of its logits (-1 without output).

        Raises DecodeFailed with the cache as it was before.
        """
        batch = self._batch
        token, pos, seq_id, logits = batch.token, batch.pos, batch.seq_id, batch.logits
        rows = []
        i = 0
        for part in parts:
            seq, start = part.seq, part.start
            for offset, value in enumerate(part.tokens):
                token[i] = value
                pos[i] = start + offset
                seq_id[i][0] = seq
                logits[i] = 0
                i += 1
            rows.append(i - 1 if part.output else -1)
            if part.output:
                logits[i - 1] = 1
        batch.n_tokens = i
        code = ll.llama_decode(self._context, batch)
        if code:
            for part in parts:
                self.cut(part.seq, part.start)
            raise DecodeFailed(f"llama.cpp refused a batch of {i} tokens (code {code}).")
        return rows


class Sampler:
    """Draws the next token of one sequence as a behaviour says, all in C. Close it after use."""

    def __init__(self, model: LlamaModel, behaviour: Behaviour, seed: int) -> None:
        chain = ll.llama_sampler_chain_init(ll.llama_sampler_chain_default_params())
        add = ll.llama_sampler_chain_add
        if behaviour.repeat_penalty_milli > 1000:
            if behaviour.top_k:
                # A penalty only lowers logits, of at most PENALTY_WINDOW tokens: the best k afterwards are
                # among the best k + PENALTY_WINDOW before. Choosing those first gives the same result in a
                # third of the time.
                add(chain, ll.llama_sampler_init_top_k(behaviour.top_k + PENALTY_WINDOW))
            penalty = behaviour.repeat_penalty_milli / 1000
            add(chain, ll.llama_sampler_init_penalties(model.vocab_size, PENALTY_WINDOW, penalty, 0.0, 0.0))
        if behaviour.temperature_milli == 0:
            add(chain, ll.llama_sampler_init_greedy())
        else:
            if behaviour.top_k:
                add(chain, ll.llama_sampler_init_top_k(behaviour.top_k))
            if behaviour.top_p_milli < 1000:
                add(chain, ll.llama_sampler_init_top_p(behaviour.top_p_milli / 1000, 1))
            if behaviour.min_p_milli:
                add(chain, ll.llama_sampler_init_min_p(behaviour.min_p_milli / 1000, 1))
            add(chain, ll.llama_sampler_init_temp(behaviour.temperature_milli / 1000))
            add(chain, ll.llama_sampler_init_dist(seed & 0xFFFFFFFF))
        self._chain = chain

    def sample(self, context: LlamaContext, row: int) -> int:
        """The next token, from the logits in `row` of the last decode."""
        return ll.llama_sampler_sample(self._chain, context.pointer, row)

    def close(self) -> None:
        ll.llama_sampler_free(self._chain)
        self._chain = None


class TextAssembler:
    """Turns tokens' bytes into text that never ends inside a character and has no control characters.

    An answer that is cut off inside a character loses that character.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, piece: bytes) -> str:
        """The characters that `piece` completes."""
        return _printable(self._decoder.decode(piece))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) != "Cc")


def cells_for(model: LlamaModel, *, memory_mb: int) -> int:
    """How many KV cells fit the memory bound, a multiple of 256. Raises ModelUnusable below 1,024."""
    cells = min(MOST_CELLS, memory_mb * 1024 * 1024 // model.cell_bytes()) // 256 * 256
    if cells < 1024:
        need = 1024 * model.cell_bytes() // (1024 * 1024) + 1
        raise ModelUnusable(f"This model needs at least {need} MB for reading; {memory_mb} MB are allowed.")
    return cells
