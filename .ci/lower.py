"""Print the oldest releases that settings.ini allows, of all requirements or of those that are named, one a line, as constraints for pip:

    python .ci/lower.py > lower.txt
    PIP_CONSTRAINT=$PWD/lower.txt pip install -e '.[dev]'
"""
import re, sys
from configparser import ConfigParser
from pathlib import Path

named = sys.argv[1:]
settings = ConfigParser(delimiters='=')
settings.read(Path(__file__).parents[1]/'settings.ini', encoding='utf-8')
if unknown := {*named} - {bound for bound, _ in re.findall(r'([\w-]+)>=([\d.]+)', ' '.join(settings['DEFAULT'].values()))}: sys.exit(f'no lower bound in settings.ini: {unknown}')
for key in ('requirements', 'notebook_requirements', 'dev_requirements'):
    for requirement in settings['DEFAULT'][key].split():
        bound = re.match(r'([\w-]+)>=([\d.]+)', requirement)
        if bound and (not named or bound[1] in named): print(f'{bound[1]}=={bound[2]}')
