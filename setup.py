"Packaging. Every value comes from `settings.ini`: edit there, not here."
import re
from configparser import ConfigParser
from pathlib import Path

from setuptools import find_packages, setup

here = Path(__file__).parent
settings = ConfigParser(delimiters='=')
settings.read(here/'settings.ini', encoding='utf-8')
cfg = settings['DEFAULT']
lib = cfg['lib_path']
licenses = {'apache2': 'Apache-2.0'}
statuses = {'3': '3 - Alpha', '4': '4 - Beta', '5': '5 - Production/Stable'}

# PyPI shows the README away from the repository: its relative pictures and links get this version's full address.
readme = (here/'README.md').read_text(encoding='utf-8')
readme = re.sub(r'(!\[[^\]]*\]\(|src=")(?!\w+:)', rf"\1{cfg['git_url']}/raw/v{cfg['version']}/", readme)
readme = re.sub(r'(\]\(|href=")(?!\w+:|#)', rf"\1{cfg['git_url']}/blob/v{cfg['version']}/", readme)

setup(
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    long_description=readme,
    long_description_content_type='text/markdown',
    author=cfg['author'],
    author_email=cfg['author_email'],
    url=cfg['git_url'],
    keywords=cfg['keywords'].split(),
    license=licenses[cfg['license']],
    license_files=['LICENSE', 'NOTICE'],
    classifiers=[
        f"Development Status :: {statuses[cfg['status']]}",
        f"Intended Audience :: {cfg['audience']}",
        f"Natural Language :: {cfg['language']}",
        'Framework :: Jupyter',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    python_requires=f">={cfg['min_python']}",
    install_requires=cfg['requirements'].split(),
    extras_require={'notebooks': cfg['notebook_requirements'].split(), 'many': cfg['many_requirements'].split(), 'dev': cfg['dev_requirements'].split()},
    entry_points={'console_scripts': cfg['console_scripts'].split(), 'nbdev': f'{lib}={lib}._modidx:d'},
    # The notebooks travel in the wheel as package data: `nbs` here is `draw_nb/notebooks` there.
    packages=[*find_packages(include=[lib, f'{lib}.*']), f'{lib}.notebooks'],
    package_dir={f'{lib}.notebooks': cfg['nbs_path']},
    package_data={lib: ['pretrained/*', 'py.typed'], f'{lib}.notebooks': ['[!_]*.ipynb', 'images/*']},
)
