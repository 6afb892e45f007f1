"""Put a finished run among the models that come with the package, and measure it once on its test set.

    python .ci/ship.py runs/mnist-laptop mnist

writes draw_nb/pretrained/mnist.safetensors (in half precision if that costs less than 0.01 nats, or 0.01% of error, on
validation images), mnist.jsonl (the log of the run, of whose minibatches it keeps means over stretches), mnist.json (the
measurement, and what half precision costs) and mnist.md (the model card). The run itself has noted its command and commit;
one that was started from Python has not, and is given them by --command and --commit. Of several runs that began with the
same weights it takes the mean of their last ones (Wortsman et al. 2022, "Model soups"), and the log of the first.
"""
import argparse, json
from pathlib import Path

from draw_nb import load_model, save_model
from draw_nb.data import load_data
from draw_nb.experiments import TESTED_ON, measure, model_card, quick, results
from draw_nb.training import read_log
from draw_nb.weights import SHIPPED, load_tensors

def condensed(log, most=300):
    "A log with all of its validations, and of its minibatches the means over at most so many stretches, which carry their last step; numbers to six digits."
    minibatches = [e for e in log if 'lr' in e]
    together = max(1, -(-len(minibatches) // most))
    def joined(stretch):
        def value(k): return stretch[-1][k] if k == 'lr' else sum(e[k] for e in stretch) / len(stretch)
        return {k: v if k in ('step', 'seconds') else float(f'{value(k):.6g}') for k, v in stretch[-1].items()}
    stretches = [minibatches[i:i + together] for i in range(0, len(minibatches), together)]
    return sorted([e for e in log if 'lr' not in e] + (minibatches if together == 1 else [joined(s) for s in stretches]), key=lambda e: (e['step'], 'lr' not in e))

def mean(runs):
    "A model with the mean of the last averaged weights of runs that began with the same ones; the first says how, with the others."
    first, *others = (load_model(run/'model.safetensors') for run in runs)
    states = [load_tensors(run/'state.safetensors')[0] for run in runs]
    first.load_state_dict({k: sum(state[f'average/{k}'] for state in states) / len(states) for k in first.state_dict()})
    for key in ('valid_bound', 'valid_error'): first.about.pop(key, None)  # not of the mean
    first.about['mean_with'] = [{k: other.about[k] for k in ('command', 'commit', 'recipe', 'seconds', 'made_with')} for other in others]
    return first

def main(runs, name, command, commit):
    run, *others = runs
    model = mean(runs) if others else load_model(run/'model.safetensors')
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
    (SHIPPED/f'{name}.jsonl').write_text(''.join(json.dumps(e) + '\n' for e in condensed(read_log(run/'log.jsonl'))))
    test = load_data(data, 'test')
    result = measure(load_model(path), test, progress=True)
    result['quick'] = quick(load_model(path), test)
    (SHIPPED/f'{name}.json').write_text(json.dumps(dict(data=repr(test), seed=0, validation=dict(single=whole, half=half), **result), indent=1) + '\n')
    (SHIPPED/f'{name}.md').write_text(model_card(next(r for r in results() if r.name == name)))
    print(f'test: {result}')

parser = argparse.ArgumentParser()
parser.add_argument('runs', nargs='+', type=Path)
parser.add_argument('name')
for option in ('--command', '--commit'): parser.add_argument(option)
main(**vars(parser.parse_args()))
