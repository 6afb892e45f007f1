"""Run here what the workflows run there: python .ci/rehearse.py FOLDER

FOLDER becomes a clone of the last commit, and holds afterwards what the steps made. A step of a matrix runs once for each
environment that the matrix gives it. A step that is neither run nor known below is an error, and so is a line below
that fits no step.
"""
import itertools, os, re, subprocess, sys, sysconfig, tempfile
from configparser import ConfigParser
from pathlib import Path

import yaml

root = Path(__file__).parents[1]

LEFT_OUT = {  # actions and lines of a shell that are not run here, and why
    'actions/checkout': 'the clone stands for it',
    'actions/setup-python': 'the Python that runs this stands for it',
    'actions/upload-artifact': 'only there',
    'actions/download-artifact': 'only there',
    'actions/upload-pages-artifact': 'only there',
    'actions/deploy-pages': 'only there',
    'pypa/gh-action-pypi-publish': 'only there',
    '.ci/run': 'it runs this',
    'PIP_CONSTRAINT="$PWD/lower.txt" .ci/run': 'it runs this, and brings another torch',
    "python -m venv .venv && .venv/bin/pip install -e '.[dev]'": '.ci/run begins with it',
    'nvidia-smi && .venv/bin/python -c "import torch; assert torch.cuda.is_available()"': 'needs a GPU',
    """. .venv/bin/activate && for notebook in $(grep -l '"#| gpu' nbs/*.ipynb); do timeout 1200 nbdev_test --flags gpu --do_print --timing --path "$notebook" || exit; done""": 'needs a GPU',
    "python -m venv --without-pip .venv && pip --python .venv/bin/python install '.[notebooks]'": 'brings another torch',
    '''. .venv/bin/activate && for notebook in $(grep -l '"#| slow' nbs/*.ipynb); do timeout 1200 nbdev_test --flags slow --do_print --timing --path "$notebook" || exit; done''': 'takes long',
    'pip install pip-audit && pip-audit --path .venv/lib/python3.12/site-packages': 'asks another host',
}
INSTEAD = {  # parts of lines, and what is run in their place
    'pip install build twine && ': '',  # the development tools hold both
    'install dist/*.whl --extra-index-url https://download.pytorch.org/whl/cpu':  # what it requires is lent
        'install --no-deps dist/*.whl && echo "$LENT" > "$(echo "$RUNNER_TEMP"/user/lib/python*/site-packages)/lent.pth"',
}

def choices(matrix):
    "The ways to fill in `matrix`: one from each of its lists, or what it includes."
    if 'include' in matrix: return matrix['include']
    return [dict(zip(matrix, chosen)) for chosen in itertools.product(*matrix.values())]

def steps():
    "Where each step stands, the action that it uses, without its hash, the lines that it runs, and the environments that it runs them in."
    for path in sorted((root/'.github/workflows').iterdir()):
        for job, about in yaml.safe_load(path.read_text())['jobs'].items():
            where = f'{path.name}, {job}'
            if (other := about.get('uses')) and not (root/other.removeprefix('$/')).is_file(): sys.exit(f'{where}: there is no {other}')  # $/ is the root of the repository
            for step in about.get('steps', ()):
                envs = [{name: re.sub(r'\$\{\{ matrix\.(\w+) \}\}', lambda m: chosen[m[1]], value) for name, value in step.get('env', {}).items()}
                        for chosen in choices(about.get('strategy', {}).get('matrix', {}))]
                yield where, step.get('uses', '').split('@')[0], step.get('run', '').strip(), [env for i, env in enumerate(envs) if env not in envs[:i]]

def rehearse(folder):
    settings = ConfigParser(delimiters='=')
    settings.read(root/'settings.ini', encoding='utf-8')
    subprocess.run(['git', 'clone', '--quiet', root, folder], check=True)
    (folder/'.venv').symlink_to(sys.prefix)
    unused, ran, left = {*LEFT_OUT, *INSTEAD}, 0, 0
    with tempfile.TemporaryDirectory() as temp:
        env = os.environ | dict(PATH=f'{sys.prefix}/bin:{os.environ["PATH"]}', LENT=sysconfig.get_path('purelib'), RUNNER_TEMP=temp, GITHUB_REF_NAME=f"v{settings['DEFAULT']['version']}")
        for where, action, lines, envs in steps():
            if (step := action or lines) in LEFT_OUT:
                unused.discard(step)
                left += 1
                print(f'left out: {where}: {step} ({LEFT_OUT[step]})')
                continue
            if action: sys.exit(f'{where}: .ci/rehearse.py does not know {action}')
            for part, other in INSTEAD.items():
                if part not in lines: continue
                unused.discard(part)
                lines = lines.replace(part, other)
            for more in envs:
                ran += 1
                print(f'run: {where}: {lines}', *(f'{name}={value!r}' for name, value in more.items()), flush=True)
                if '${{' in f'{lines}{more}': sys.exit(f'{where}: .ci/rehearse.py does not know what these braces stand for')
                if subprocess.run(['bash', '-e', '-c', lines], cwd=folder, env=env | more).returncode: sys.exit(f'{where}: failed: {lines}')
    if unused: sys.exit(f'.ci/rehearse.py knows steps that no workflow has: {sorted(unused)}')
    print(f'tried: {ran} steps run, {left} known and left out')

if __name__ == '__main__': rehearse(Path(sys.argv[1]).resolve())
