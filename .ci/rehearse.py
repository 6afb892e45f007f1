"""Run here what the workflows run there: python .ci/rehearse.py FOLDER

FOLDER becomes a clone of the last commit, and holds afterwards what the steps made. A step that is neither run nor
known below is an error, and so is a line below that fits no step.
"""
import os, subprocess, sys, sysconfig, tempfile
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

def steps():
    "Where each step stands, the action that it uses, without its hash, and the lines that it runs."
    for path in sorted((root/'.github/workflows').iterdir()):
        for job, about in yaml.safe_load(path.read_text())['jobs'].items():
            for step in about['steps']: yield f'{path.name}, {job}', step.get('uses', '').split('@')[0], step.get('run', '').strip()

def rehearse(folder):
    settings = ConfigParser(delimiters='=')
    settings.read(root/'settings.ini', encoding='utf-8')
    subprocess.run(['git', 'clone', '--quiet', root, folder], check=True)
    (folder/'.venv').symlink_to(sys.prefix)
    unused, ran, left = {*LEFT_OUT, *INSTEAD}, 0, 0
    with tempfile.TemporaryDirectory() as temp:
        env = os.environ | dict(PATH=f'{sys.prefix}/bin:{os.environ["PATH"]}', LENT=sysconfig.get_path('purelib'), RUNNER_TEMP=temp, GITHUB_REF_NAME=f"v{settings['DEFAULT']['version']}")
        for where, action, lines in steps():
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
            ran += 1
            print(f'run: {where}: {lines}', flush=True)
            if subprocess.run(['bash', '-e', '-c', lines], cwd=folder, env=env).returncode: sys.exit(f'{where}: failed: {lines}')
    if unused: sys.exit(f'.ci/rehearse.py knows steps that no workflow has: {sorted(unused)}')
    print(f'tried: {ran} steps run, {left} known and left out')

if __name__ == '__main__': rehearse(Path(sys.argv[1]).resolve())
