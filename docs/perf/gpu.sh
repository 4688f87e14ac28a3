#!/bin/sh
# Measures a GPU, as docs/perf/gpu.md says. Usage, with TORNADOVM_HOME set:
#   docs/perf/gpu.sh GB_PER_S TFLOP_PER_S [LAYERS [SHAPES [PROMPT]]]
# The first two are what the GPU's maker states for its memory and its bf16 units: 3350 and 989 for an H100 SXM. LAYERS is a
# multiple of 4; with few the output matrix weighs more in the sum than it does in the whole model.
set -eu
[ $# -ge 2 ] || {
    sed -n '2,5s/^# //p' "$0" >&2
    exit 2
}
bandwidth=$1
peak=$2
layers=${3:-16}
shapes=${4:-scout}
prompt=${5:-512}
herd=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)/herd
[ -f "${TORNADOVM_HOME:-}/tornado-argfile" ] || {
    echo "TORNADOVM_HOME names no TornadoVM SDK" >&2
    exit 2
}
cache=$(mktemp -d "${TMPDIR:-/tmp}/herd-gpu.XXXXXX")
trap 'rm -rf "$cache"' EXIT
date -u
nvidia-smi --query-gpu=name,driver_version,memory.total,power.limit --format=csv 2>/dev/null || true
for start in cold cached; do
    echo "== $start"
    "$herd" bench --backend tornado --kernel-cache "$cache" --shapes "$shapes" --layers "$layers" \
        --prompt "$prompt" --bandwidth "$bandwidth" --peak "$peak"
done
