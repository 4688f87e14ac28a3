"""Makes this folder: python make_llama.py OUT PEER, with numpy; PEER is a program over llama.cpp's C API, of which
`PEER logits FILE OUT.f32 ID...` writes float32 logits [tokens, vocabulary] and `PEER tok FILE TEXT` prints token ids."""
import json, math, re, struct, subprocess, sys, tempfile
from collections import Counter
import numpy as np

out, peer = sys.argv[1], sys.argv[2]
rng = np.random.default_rng(3)
H, F, LAYERS, HEADS, KV, D = 24, 40, 2, 6, 2, 8
THETA, EPS, FACTOR, LOW, HIGH, ORIGINAL = 500000.0, 1e-5, 8.0, 1.0, 4.0, 32
WORDS = ("safe unsafe user assistant the of and to a in is that it for on with as his was he at by this had not are but from or have an they "
         "which one you were her all she there would their we him been has when who will more no if out so said what up its about into them than "
         "can only other new some could time these two may then do first any my now such like our over man me even most made after also did many "
         "must before back through years where much your way well down should because each just those people how too little state good very make "
         "world still own see men work long get here between both life being under never day same another know while last might us great old "
         "Don't can't we'll I'M they've 12345 Tokens HELLO World ünï 中文 привет\n\n  \t")
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SPECIALS = ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
            "<|finetune_right_pad_id|>", "<|reserved_special_token_2|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
            "<|python_tag|>"] + ["<|reserved_special_token_%d|>" % i for i in range(3, 8)]

def alphabet():
    printable = list(range(33, 127)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    other = [b for b in range(256) if b not in printable]
    table = {b: chr(b) for b in printable}
    table.update({b: chr(256 + i) for i, b in enumerate(other)})
    return table

def train(count):
    table = alphabet()
    words = Counter()
    for word in re.findall(r" ?[^\s]+|\s+", (WORDS + " ") * 2 + "\n\nunsafe\n\nsafe"):
        words[tuple(table[b] for b in word.encode())] += 1
    words = {w: c for w, c in words.items()}
    tokens, merges = [table[b] for b in sorted(table, key=lambda b: (len(table[b].encode()), b))], []
    while len(merges) < count:
        pairs = Counter()
        for w, c in words.items():
            for pair in zip(w, w[1:]): pairs[pair] += c
        if not pairs: break
        (a, b), _ = max(pairs.items(), key=lambda item: (item[1], item[0]))
        merges.append((a, b))
        if a + b not in tokens: tokens.append(a + b)
        renewed = {}
        for w, c in words.items():
            r, i = [], 0
            while i < len(w):
                if i + 1 < len(w) and (w[i], w[i + 1]) == (a, b): r.append(a + b); i += 2
                else: r.append(w[i]); i += 1
            renewed[tuple(r)] = renewed.get(tuple(r), 0) + c
        words = renewed
    return tokens, merges

tokens, merges = train(360)
for whole in ("safe", "unsafe", "ĊĊ"): assert whole in tokens, whole
V = len(tokens) + len(SPECIALS)
special = {name: len(tokens) + i for i, name in enumerate(SPECIALS)}

def matrix(rows, columns, gain=1.5): return (rng.standard_normal((rows, columns)) * gain / math.sqrt(columns)).astype("<f4")
def norm(): return (1 + 0.2 * rng.standard_normal(H)).astype("<f4")
hf = {"model.embed_tokens.weight": matrix(V, H), "model.norm.weight": norm()}
for l in range(LAYERS):
    p = f"model.layers.{l}."
    hf |= {p + "input_layernorm.weight": norm(), p + "self_attn.q_proj.weight": matrix(HEADS * D, H), p + "self_attn.k_proj.weight": matrix(KV * D, H),
           p + "self_attn.v_proj.weight": matrix(KV * D, H), p + "self_attn.o_proj.weight": matrix(H, HEADS * D), p + "post_attention_layernorm.weight": norm(),
           p + "mlp.gate_proj.weight": matrix(F, H), p + "mlp.up_proj.weight": matrix(F, H), p + "mlp.down_proj.weight": matrix(H, F)}

def safetensors(path, arrays):
    header, at = {}, 0
    for name, a in arrays.items():
        kind = {"<f4": "F32", "<i8": "I64"}[a.dtype.str]
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [at, at + a.nbytes]}; at += a.nbytes
    text = json.dumps(header).encode(); text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for a in arrays.values(): f.write(a.tobytes())

def gguf(path, scaled=True, tied=True):
    def permuted(w, heads): return w.reshape(heads, 2, w.shape[0] // heads // 2, H).swapaxes(1, 2).reshape(w.shape)
    arrays = {}
    if scaled:
        divisors = []
        for f in 1.0 / THETA ** (np.arange(0, D, 2) / D):
            wavelength = 2 * math.pi / f
            smooth = (ORIGINAL / wavelength - LOW) / (HIGH - LOW)
            divisors.append(1 if wavelength < ORIGINAL / HIGH else FACTOR if wavelength > ORIGINAL / LOW else 1 / ((1 - smooth) / FACTOR + smooth))
        arrays["rope_freqs.weight"] = np.asarray(divisors, "<f4")
    arrays |= {"token_embd.weight": hf["model.embed_tokens.weight"], "output_norm.weight": hf["model.norm.weight"]}
    if not tied: arrays["output.weight"] = hf["lm_head.weight"]
    for l in range(LAYERS):
        p, b = f"model.layers.{l}.", f"blk.{l}."
        arrays |= {b + "attn_norm.weight": hf[p + "input_layernorm.weight"], b + "attn_q.weight": permuted(hf[p + "self_attn.q_proj.weight"], HEADS),
                   b + "attn_k.weight": permuted(hf[p + "self_attn.k_proj.weight"], KV), b + "attn_v.weight": hf[p + "self_attn.v_proj.weight"],
                   b + "attn_output.weight": hf[p + "self_attn.o_proj.weight"], b + "ffn_norm.weight": hf[p + "post_attention_layernorm.weight"],
                   b + "ffn_gate.weight": hf[p + "mlp.gate_proj.weight"], b + "ffn_up.weight": hf[p + "mlp.up_proj.weight"],
                   b + "ffn_down.weight": hf[p + "mlp.down_proj.weight"]}
    def text(s): s = s.encode(); return struct.pack("<Q", len(s)) + s
    entries = []
    def put(key, kind, value): entries.append(text(key) + struct.pack("<I", kind) + value)
    def u32(key, v): put(key, 4, struct.pack("<I", v))
    def f32(key, v): put(key, 6, struct.pack("<f", v))
    def texts(key, values): put(key, 9, struct.pack("<IQ", 8, len(values)) + b"".join(text(v) for v in values))
    put("general.architecture", 8, text("llama")); put("general.name", 8, text("tiny llama"))
    u32("llama.block_count", LAYERS); u32("llama.context_length", 131072); u32("llama.embedding_length", H); u32("llama.feed_forward_length", F)
    u32("llama.attention.head_count", HEADS); u32("llama.attention.head_count_kv", KV); u32("llama.attention.key_length", D)
    u32("llama.attention.value_length", D); u32("llama.rope.dimension_count", D); f32("llama.rope.freq_base", THETA)
    f32("llama.attention.layer_norm_rms_epsilon", EPS); u32("llama.vocab_size", V)
    put("tokenizer.ggml.model", 8, text("gpt2")); put("tokenizer.ggml.pre", 8, text("llama-bpe")); texts("tokenizer.ggml.tokens", tokens + SPECIALS)
    put("tokenizer.ggml.token_type", 9, struct.pack("<IQ", 5, V) + np.asarray([1] * len(tokens) + [3] * len(SPECIALS), "<i4").tobytes())
    texts("tokenizer.ggml.merges", [a + " " + b for a, b in merges])
    u32("tokenizer.ggml.bos_token_id", special["<|begin_of_text|>"]); u32("tokenizer.ggml.eos_token_id", special["<|eot_id|>"])
    at, infos = 0, b""
    for name, a in arrays.items():
        infos += text(name) + struct.pack("<I", a.ndim) + b"".join(struct.pack("<Q", n) for n in reversed(a.shape)) + struct.pack("<IQ", 0, at)
        at += -(-a.nbytes // 32) * 32
    head = b"GGUF" + struct.pack("<IQQ", 3, len(arrays), len(entries)) + b"".join(entries) + infos
    with open(path, "wb") as f:
        f.write(head + b"\0" * (-len(head) % 32))
        for a in arrays.values(): f.write(a.tobytes() + b"\0" * (-a.nbytes % 32))

def config(scaled=True, tied=True):
    c = dict(architectures=["LlamaForCausalLM"], attention_bias=False, bos_token_id=special["<|begin_of_text|>"],
             eos_token_id=[special["<|end_of_text|>"], special["<|eom_id|>"], special["<|eot_id|>"]], head_dim=D, hidden_act="silu", hidden_size=H,
             initializer_range=0.02, intermediate_size=F, max_position_embeddings=131072, mlp_bias=False, model_type="llama", num_attention_heads=HEADS,
             num_hidden_layers=LAYERS, num_key_value_heads=KV, pretraining_tp=1, rms_norm_eps=EPS, rope_scaling=None, rope_theta=THETA,
             tie_word_embeddings=tied, torch_dtype="float32", vocab_size=V)
    if scaled: c["rope_scaling"] = dict(factor=FACTOR, low_freq_factor=LOW, high_freq_factor=HIGH, original_max_position_embeddings=ORIGINAL, rope_type="llama3")
    return c

def tokenizer():
    return dict(version="1.0", truncation=None, padding=None,
        added_tokens=[dict(id=i, content=n, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True) for n, i in special.items()],
        normalizer=None,
        pre_tokenizer=dict(type="Sequence", pretokenizers=[dict(type="Split", pattern=dict(Regex=SPLIT), behavior="Isolated", invert=False),
            dict(type="ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=False)]),
        post_processor=None, decoder=dict(type="ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True),
        model=dict(type="BPE", dropout=None, unk_token=None, continuing_subword_prefix=None, end_of_word_suffix=None, fuse_unk=False, byte_fallback=False,
            ignore_merges=True, vocab={t: i for i, t in enumerate(tokens)}, merges=[a + " " + b for a, b in merges]))

TEXTS = ["", "safe", "unsafe", "\n\n", "\n\nunsafe\nS1,S9", "user", "Hello World, the people said so.", "  two  blanks", "tabs\t\tand\r\nlines\n\n\n end ",
         "Don't can't WE'LL they've i'm I'D she's 'tis O'Re", "12345 6 78 9012345678", "a1b22c333", "!!! ... ?!\n\n--- (x) [y] {z}", " .\n/path/to//file\n",
         "ünï中文привет мир", "e\u0301 combining", "\u00a0nbsp\u2003em\u3000wide", "emoji 👍🏽 👨‍👩‍👧 flags 🇩🇪", "CamelCaseWords HTTPServer", "\u0130stanbul \u017ft 'ſ'S",
         "trailing   ", "\t", " ", "   \n   x", "١٢٣٤ ⅷ ½", "S10: Hate.\n<END CONVERSATION>", "x" * 50, "don't\nDON'T\n"]

ATOMS = list("abcXYZ019 .,!?'\n\t\r-_/()") + ["'s", "'T", "'re", "'LL", " the", " safe", "unsafe", "\n\n", "  ", "   ", "é", "ß", "ſ", "中", "文", "👍", "🏽", "\u200d",
    "\u0301", "\u00a0", "\u3000", "\u2028", "\x85", "½", "٣", "Ⅷ", "ǅ", "ʰ", "א", "\u0e01", "\u0e31", "İ", "S1,S9", "\x0b", "\x1c", "\u200b", "\ufeff"]
for _ in range(200): TEXTS.append("".join(rng.choice(ATOMS) for _ in range(rng.integers(2, 40))))

def logits(path, ids):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([peer, "logits", path, f"{folder}/logits"] + [str(i) for i in ids], check=True, capture_output=True)
        return np.fromfile(f"{folder}/logits", "<f4").reshape(len(ids), V)

def ids_of(path, text):
    answer = subprocess.run([peer, "tok", path, text], check=True, capture_output=True, text=True).stdout
    return [int(n) for n in re.findall(r"-?\d+", answer)][1:]  # without begin-of-text

if __name__ == "__main__":
    json.dump(config(), open(f"{out}/config.json", "w"), indent=1)
    json.dump(tokenizer(), open(f"{out}/tokenizer.json", "w"), ensure_ascii=False, separators=(",", ":"))
    safetensors(f"{out}/model.safetensors", hf)
    gguf(f"{out}/llama.gguf")
    golden = {}
    for name, count in {"one": 1, "short": 15, "past a block": 17, "past the original context": 33, "far beyond it": 100}.items():
        ids = np.random.default_rng(count).integers(0, V, count).astype("<i8")
        golden[name + ".input_ids"] = ids
        golden[name + ".logits"] = logits(f"{out}/llama.gguf", ids)
    safetensors(f"{out}/golden.safetensors", golden)
    texts = [dict(text=t, ids=ids_of(f"{out}/llama.gguf", t)) for t in TEXTS if t]
    with open(f"{out}/golden.json", "w") as f:
        lines = ",\n".join(json.dumps(t) for t in texts)
        f.write('{"special_tokens": ' + json.dumps(special) + ', "texts": [\n' + lines + "\n]}\n")
    print("vocabulary", V, "merges", len(merges), "texts", len(texts))
