# What wants a card: `bash .ci/card.sh tests`, `times` or `train`, in an environment that has draw_nb.
# CONTRIBUTING ("A card for an hour") says more. What is to be kept comes into the folder $OUT, or card/.
case $1 in tests | times | train) ;; *) echo "want tests, times or train, got '$1'" >&2; exit 2 ;; esac
cd "$(dirname "$0")/.." || exit
began=$(date +%s)
say() { echo "[$(($(date +%s) - began)) s] $*"; }
OUT=${OUT:-card}; mkdir -p "$OUT"
export PYTHONUNBUFFERED=1
nvidia-smi --query-gpu=name,driver_version --format=csv,noheader || exit 1
for name in python draw_nb nbdev_test; do command -v $name > /dev/null || { echo "no $name" >&2; exit 1; }; done

notebook() {  # NAME LOG: the notebook's tests, those for a card among them
    timeout -k 10 "${LIMIT:-300}" nbdev_test --flags gpu --do_print --path "nbs/$1.ipynb" > "$OUT/$2.log" 2>&1
    local status=$?
    say "$2: exit status $status"; tail -n 25 "$OUT/$2.log"
    return $status
}

tests() {  # at once, since most of it is compiling
    local name jobs=() failed=0
    for name in 04_training 20_fast 20c_captured 20d_kernels 20f_fused; do notebook $name $name & jobs+=($!); done
    for name in "${jobs[@]}"; do wait "$name" || failed=1; done
    return $failed
}

times() {  # those with times again, alone
    local name failed=0
    for name in 20f_fused 20_fast; do notebook $name "$name-alone" || failed=1; done
    return $failed
}

keep() {  # the best weights so far, every minute, for the card may be taken away
    while sleep 60 > /dev/null 2>&1; do python - "$1" "$OUT/partial.safetensors" <<'P'
import sys
from pathlib import Path
from draw_nb import load_model, save_model
states = sorted(Path(sys.argv[1]).glob('*/state.safetensors'), key=lambda path: path.stat().st_mtime)
if states: save_model(load_model(states[-1]), sys.argv[2])
P
    done
}

train() {  # `mnist` from its first weights: each training begins with the weights of the one before, and takes twice its glimpses; again, it goes on
    local runs=${RUNS:-runs/card} before=() T lr steps status
    local card="--scale laptop --data mnist --device cuda --backend captured --precision tf32 --batch-size 1000"
    keep "$runs" & local keeper=$!
    trap "kill $keeper" EXIT
    while read -r T lr steps; do
        draw_nb train mnist $card --glimpses "$T" --lr "$lr" --steps "$steps" "${before[@]}" --resume --out "$runs/$T" < /dev/null; status=$?
        say "$T glimpses: exit status $status"
        cp "$runs/$T/log.jsonl" "$OUT/$T.jsonl"
        [ $status = 0 ] || return $status
        cp "$runs/$T/model.safetensors" "$OUT/$T.safetensors"
        before=(--start "$runs/$T")
    done <<< "${PLAN:-$'16 1e-2 10000\n32 6e-3 15000\n64 4e-3 42000'}"
    draw_nb evaluate "${before[1]}" --data binarized-mnist --samples 5 --device cuda && say evaluated
}

"$1"
