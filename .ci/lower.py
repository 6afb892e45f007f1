"""Print the oldest releases that settings.ini allows, one a line, as constraints for pip:

    python .ci/lower.py > lower.txt
    PIP_CONSTRAINT=$PWD/lower.txt pip install -e '.[dev]'
"""
import re
from configparser import ConfigParser
from pathlib import Path

settings = ConfigParser(delimiters='=')
settings.read(Path(__file__).parents[1]/'settings.ini', encoding='utf-8')
for key in ('requirements', 'notebook_requirements', 'dev_requirements'):
    for requirement in settings['DEFAULT'][key].split():
        if bound := re.match(r'([\w-]+)>=([\d.]+)', requirement): print(f'{bound[1]}=={bound[2]}')
