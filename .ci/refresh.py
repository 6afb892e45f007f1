"Run notebooks in place, so that the outputs in git are the ones that the code makes today; a second run changes nothing"
import os, sys, tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbdev.clean import nbdev_clean
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.process import extract_directives

cfg = get_config()
flags = set(cfg.tst_flags.split())
widget = 'application/vnd.jupyter.widget-view+json'
places = {str(cfg.config_path), str(Path.home()), tempfile.gettempdir(), sys.prefix, os.environ.get('DRAW_NB_DATA', sys.prefix)}

class Client(NotebookClient):
    "Run the cells that the tests run; the others keep the outputs they have"
    async def async_execute_cell(self, cell, *args, **kwargs):
        if cell.cell_type != 'code': return cell
        directives = extract_directives(cell, remove=False)
        if flags & directives.keys() or directives.get('eval:') == ['false']: return cell
        return await super().async_execute_cell(cell, *args, **kwargs)

def lasting(output):
    "Whether an output is worth keeping: no stderr, no widget that is dead without its kernel"
    if output.output_type == 'stream': return output.name == 'stdout'
    live = output.get('data', {}).pop(widget, None)
    return not live or any(kind.startswith('image/') for kind in output.data)

def text(output):
    "All the text that an output shows"
    return '\n'.join([output.get('text', ''), *(str(v) for k, v in output.get('data', {}).items() if k.startswith('text/'))])

def refresh(path):
    nb = nbformat.read(path, 4)
    Client(nb, timeout=None, kernel_name='python3', coalesce_streams=True, record_timing=False,
           resources={'metadata': {'path': path.parent}}).execute()
    nb.metadata.pop('widgets', None)
    for cell in nb.cells:
        if cell.cell_type != 'code': continue
        cell.outputs = [output for output in cell.outputs if lasting(output)]
        shown = '\n'.join(map(text, cell.outputs))
        if any(f'{place}/' in shown for place in places): sys.exit(f'{path.name}: cell {cell.id} shows a path of this machine:\n{shown}')
    nbformat.write(nb, path)
    nbdev_clean(str(path))
    print(f'refreshed {path.name}', flush=True)

def main():
    os.environ |= {'OMP_NUM_THREADS': '1', 'PYTHONHASHSEED': '0'}
    for path in sys.argv[1:] or sorted(nbglob()): refresh(Path(path).resolve())

if __name__ == '__main__': main()
