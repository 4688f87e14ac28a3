#!/usr/bin/env python3
"""Times layers of Scout's shapes in PyTorch, beside what `herd bench --shapes scout` prints of Herd's.

Usage: docs/perf/gpu_torch.py [--layers 4] [--prompt 512] [--past 512] [--runs 5] [--bandwidth GB/S] [--peak TFLOP/S]

Weights are random bfloat16, 4.4 GB a layer instead of 1.2, and bytes are counted as such. Steps are replayed as a CUDA graph unless
--eager is given, so that the host does not count; which token has which expert is known beforehand, one product per expert.
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F

HIDDEN, VOCABULARY, HEADS, KV_HEADS, HEAD, FFN, EXPERTS = 5120, 202048, 40, 8, 128, 8192, 16


def matrix(rows, columns, device):
    return (torch.rand(rows, columns, device=device) - 0.5).mul_(0.02).to(torch.bfloat16)


class Layer:
    def __init__(self, device):
        self.qkv = matrix((HEADS + 2 * KV_HEADS) * HEAD, HIDDEN, device)
        self.out = matrix(HIDDEN, HEADS * HEAD, device)
        self.router = matrix(EXPERTS, HIDDEN, device)
        self.ffns = [(matrix(2 * FFN, HIDDEN, device), matrix(HIDDEN, FFN, device)) for _ in range(EXPERTS + 1)]

    @staticmethod
    def ffn(weights, x):
        gate, up = F.linear(x, weights[0]).chunk(2, -1)
        return F.linear(F.silu(gate) * up, weights[1])

    def __call__(self, x, past, groups):  # [sequences, tokens, hidden], [2, sequences, kv heads, positions, head]
        sequences, tokens, _ = x.shape
        qkv = F.linear(F.rms_norm(x, (HIDDEN,)), self.qkv).view(sequences, tokens, -1, HEAD).transpose(1, 2)
        q, k, v = qkv.split([HEADS, KV_HEADS, KV_HEADS], 1)
        if past is not None:
            k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
        a = F.scaled_dot_product_attention(q, k, v, is_causal=past is None, enable_gqa=True)
        x = x + F.linear(a.transpose(1, 2).reshape(sequences, tokens, -1), self.out)
        flat = F.rms_norm(x, (HIDDEN,)).view(-1, HIDDEN)
        scores = torch.sigmoid(F.linear(flat, self.router).amax(-1, keepdim=True))
        routed = torch.empty_like(flat)
        for expert, rows in groups:
            routed[rows] = self.ffn(self.ffns[expert], flat[rows] * scores[rows])
        return x + (routed + self.ffn(self.ffns[EXPERTS], flat)).view_as(x)


def seconds(step, device, runs, eager):  # the median, after two runs that do not count
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    for _ in range(2):
        step()
    wait()
    if device == "cuda" and not eager:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        step = graph.replay
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        step()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def share(reached, possible):
    return f", {100 * reached / possible:.1f} %" if possible else ", ? %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in ("layers", 4), ("prompt", 512), ("past", 512), ("runs", 5):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--bandwidth", type=float, default=0)
    parser.add_argument("--peak", type=float, default=0)
    parser.add_argument("--eager", action="store_true")
    args = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(1)
    layers = [Layer(device) for _ in range(args.layers)]
    output = matrix(VOCABULARY, HIDDEN, device)
    shared = (2 * HEADS + 2 * KV_HEADS) * HEAD * HIDDEN + 3 * FFN * HIDDEN
    print(f"{'shapes':<12} scout, {args.layers} of 48 layers, random bfloat16")
    print(f"{'device':<12} PyTorch {torch.__version__} on {torch.cuda.get_device_name() if device == 'cuda' else 'CPU'}")
    with torch.inference_mode():
        for batch in 1, 8, 32:
            run(layers, output, batch, 1, args, device, shared)
        run(layers, output, 1, args.prompt, args, device, shared)


def run(layers, output, sequences, tokens, args, device, shared):
    choice = torch.randint(EXPERTS, (sequences * tokens,))
    groups = [(int(e), (choice == e).nonzero().flatten().to(device)) for e in choice.unique()]
    x = (torch.rand(sequences, tokens, HIDDEN, device=device) - 0.5).to(torch.bfloat16)
    past = None if tokens > 1 else (torch.rand(2, sequences, KV_HEADS, args.past, HEAD, device=device) - 0.5).to(torch.bfloat16)

    def step():
        hidden = x
        for layer in layers:
            hidden = layer(hidden, past, groups)
        return F.linear(F.rms_norm(hidden[:, -1], (HIDDEN,)), output)

    took = seconds(step, device, args.runs, args.eager)
    expert = 3 * FFN * HIDDEN
    if tokens == 1:
        kv = 4 * KV_HEADS * HEAD * (args.past + 1) * sequences
        size = len(layers) * (2 * (shared + len(groups) * expert) + kv) + 2 * output.numel()
        text = f"{sequences / took:.1f} tokens/s, {1e3 * took:.3f} ms a step, {size / took / 1e9:.1f} GB/s"
        print(f"{f'decode {sequences}':<12} {text}{share(size / took / 1e9, args.bandwidth)} of the bandwidth")
    else:
        work = tokens * len(layers) * (2 * (shared + expert) + 4 * HEADS * HEAD * ((tokens + 1) // 2)) + 2 * output.numel()
        text = f"{tokens / took:.1f} tokens/s, {tokens} tokens in {1e3 * took:.1f} ms, {work / took / 1e12:.2f} TFLOP/s"
        print(f"{'prefill':<12} {text}{share(work / took / 1e12, args.peak)} of the peak")


main()
