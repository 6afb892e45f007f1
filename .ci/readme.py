"Make README.md from nbs/index.ipynb; with `--check`, only say whether it is out of date"
import posixpath, re, sys

from nbconvert import MarkdownExporter
from nbconvert.preprocessors import Preprocessor
from nbdev.config import get_config
from nbdev.process import extract_directives

cfg = get_config()
root, nbs = cfg.config_path, cfg.nbs_path
images = root/'README_files'
code = re.compile(r'(```.*?```|`[^`\n]*`)', re.DOTALL)
relative = re.compile(r'(\]\(|(?:src|href)=")(?!\w+:|[/#])([^)\s"]+)')

def from_root(text):
    "Point the relative links of a page in `nbs/` at the same files, seen from the root"
    def move(link): return link[1] + posixpath.normpath(posixpath.join(nbs.name, link[2]))
    parts = code.split(text)
    parts[::2] = [relative.sub(move, part) for part in parts[::2]]
    return ''.join(parts)

class Reader(Preprocessor):
    "Leave what a reader should see: no hidden cells, no directives"
    def preprocess(self, nb, resources):
        resources['alts'] = []
        nb.metadata['language_info'] = {'name': 'python'}
        nb.cells = [cell for cell in nb.cells if self.shown(cell, resources['alts'])]
        return nb, resources

    def shown(self, cell, alts):
        if cell.cell_type == 'markdown': cell.source = from_root(cell.source)
        if cell.cell_type != 'code': return True
        directives = extract_directives(cell)
        cell.source = re.sub(r'^#\s*\|.*\n?', '', cell.source, flags=re.MULTILINE)
        if directives.get('echo:') == ['false']: cell.metadata.transient = {'remove_source': True}
        for output in cell.outputs:
            if 'image/png' in output.get('data', {}):
                output.data.pop('text/html', None)
                alts.append(' '.join(directives.get('fig-alt:', ['picture'])))
        return 'hide' not in directives

def render():
    "Every file that the README is made of, by path"
    exporter = MarkdownExporter(exclude_raw=True)
    exporter.register_preprocessor(Reader, enabled=True)
    body, resources = exporter.from_filename(str(nbs/cfg.readme_nb),
                                             resources={'unique_key': 'README', 'output_files_dir': images.name})
    alts = iter(resources['alts'])
    body = re.sub(r'!\[png\]', lambda _: f'![{next(alts)}]', body)
    body = f'<!-- Made from nbs/{cfg.readme_nb} by .ci/readme.py: edit there. -->\n\n' + re.sub(r'\n\s*\n', '\n\n', body).strip()
    return {root/'README.md': f'{body}\n'.encode()} | {root/name: data for name, data in resources['outputs'].items()}

def main():
    files = render()
    stale = set(images.glob('*')) - set(files)
    changed = {path: data for path, data in files.items() if not path.exists() or path.read_bytes() != data}
    if '--check' in sys.argv: sys.exit(f'{cfg.readme_nb} and README.md differ: run python .ci/readme.py' if stale or changed else 0)
    images.mkdir(exist_ok=True)
    for path in stale: path.unlink()
    for path, data in changed.items(): path.write_bytes(data)
    if not any(images.iterdir()): images.rmdir()

if __name__ == '__main__': main()
