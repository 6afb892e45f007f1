"""Put a finished run among the models that come with the package, and measure it once on its test set.

    python .ci/ship.py runs/mnist-laptop mnist

writes draw_nb/pretrained/mnist.safetensors (in half precision if that costs less than 0.01 nats, or 0.01% of error, on
validation images), mnist.jsonl (the log of the run, of whose minibatches it keeps at most a thousand), mnist.json (the
measurement, and what half precision costs) and mnist.md (the model card). The run itself has noted its command and commit;
one that was started from Python has not, and takes them as two more arguments.
"""
import json, sys
from pathlib import Path

from draw_nb import load_model, save_model
from draw_nb.data import load_data
from draw_nb.experiments import TESTED_ON, measure, model_card, quick, results
from draw_nb.training import read_log
from draw_nb.weights import SHIPPED

def thinned(log):
    "A log with all of its validations, and of its minibatches at most a thousand, evenly."
    steps = [e['step'] for e in log if 'lr' in e]
    every = max(1, -(-len(steps) // 1000))
    kept = set(steps[every - 1::every])
    return [e for e in log if 'lr' not in e or e['step'] in kept]

def main(run, name, command=None, commit=None):
    run, model = Path(run), load_model(Path(run)/'model.safetensors')
    data = model.about['dataset'].split(' ')[0]
    data = TESTED_ON.get(data, data)
    about = {k: v for k, v in model.about.items() if k not in ('kind', 'config')} | ({'command': command, 'commit': commit} if commit else {})
    path = SHIPPED/f'{name}.safetensors'
    save_model(model, path, half=True, **about)
    key, costs = ('bound', 0.01) if model.kind == 'model' else ('error', 0.0001)
    valid = load_data(data, 'valid')
    whole, half = (measure(m, valid, samples=1, iw_samples=0)[key] for m in (model, load_model(path)))
    print(f'validation: {key} {whole:.5f}, {half:.5f} in half precision')
    if abs(half - whole) >= costs: save_model(model, path, **about)
    (SHIPPED/f'{name}.jsonl').write_text(''.join(json.dumps(e) + '\n' for e in thinned(read_log(run/'log.jsonl'))))
    test = load_data(data, 'test')
    result = measure(load_model(path), test, progress=True)
    result['quick'] = quick(load_model(path), test)
    (SHIPPED/f'{name}.json').write_text(json.dumps(dict(data=repr(test), seed=0, validation=dict(single=whole, half=half), **result), indent=1) + '\n')
    (SHIPPED/f'{name}.md').write_text(model_card(next(r for r in results() if r.name == name)))
    print(f'test: {result}')

main(*sys.argv[1:])
