"""Run notebooks in place, so that the outputs in git are the ones that the code makes today; a second run changes nothing

A picture that looks like the one that is kept is not replaced: processors round differently, and the history is long enough.
For the same reason pictures are kept in 256 greys or colours where that does not show, and photographs as JPEGs where it pays.

With `--check`, only say where the text that they show differs from what is kept: words must be the same, numbers agree
to a hundredth. Times do not count, nor do pictures, nor cells that are marked `#| volatile`.
"""
import asyncio, base64, difflib, io, itertools, math, os, re, sys, tempfile
from pathlib import Path

import nbformat
import numpy as np
from nbclient import NotebookClient
from nbdev.clean import nbdev_clean
from nbdev.config import get_config
from nbdev.doclinks import nbglob
from nbdev.process import extract_directives
from PIL import Image

cfg = get_config()
flags = set(cfg.tst_flags.split())
widget = 'application/vnd.jupyter.widget-view+json'
places = {str(cfg.config_path), str(Path.home()), tempfile.gettempdir(), sys.prefix, os.environ.get('DRAW_NB_DATA', sys.prefix)}
passing = re.compile(r"(?<='seconds': )[\d.]+|\d[\d.,]*(?= ?(?:s|ms|min|minutes?|seconds?)\b)| at 0x[0-9a-f]+")
number = re.compile(r'(-?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?)')

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

def opened(png): return Image.open(io.BytesIO(base64.b64decode(png)))
def pixels(picture): return np.asarray(picture.convert('RGBA'), float)

def apart(a, b):
    "How far two pictures are from each other: the mean and the largest difference of their pixels, of 255"
    a, b = pixels(a), pixels(b)
    if a.shape != b.shape: return math.inf, math.inf
    return (off := abs(a - b).max(-1)).mean(), off.max()

def compact(data):
    "Make a picture one of 256 greys or colours, or a JPEG if that would show, as it does on photographs, and takes half the bytes"
    if 'image/png' not in data or (picture := opened(data['image/png'])).mode in 'LP': return
    def packed(other, **how): return other.save(buffer := io.BytesIO(), optimize=True, **how) or base64.b64encode(buffer.getvalue()).decode()
    rgb, fewer = picture.convert('RGB'), []
    for other, most in ((rgb.convert('L'), 8), (rgb.quantize(256, kmeans=2, dither=Image.Dither.NONE), 48)):
        mean, largest = apart(other, picture)
        if mean <= 1 and largest <= most: fewer.append(packed(other, format='PNG'))
    if fewer: data['image/png'] = min(fewer, key=len)
    elif apart(rgb, picture) == (0, 0) and 2 * len(jpeg := packed(rgb, format='JPEG', quality=85, subsampling=0)) < len(data['image/png']):
        del data['image/png']
        data['image/jpeg'] = jpeg

def keep_pictures(old, new):
    "Make the pictures of the new outputs compact; an old one stays if it is as near to the new one as that is in compact form"
    for a, b in itertools.zip_longest(old, new, fillvalue={}):
        before, after = ({kind: data[kind] for kind in ('image/png', 'image/jpeg') if kind in data} for data in (a.get('data', {}), b.get('data', {})))
        if 'image/png' not in after: continue
        picture = opened(after['image/png'])
        for data in (before, after): compact(data)  # an old one that was saved by hand, too
        (mean, largest), (least, most) = (apart(opened(*kept.values()), picture) if kept else (math.inf, math.inf) for kept in (before, after))
        for kind in ('image/png', 'image/jpeg'): b.data.pop(kind, None)
        b.data |= before if mean <= least + 0.1 and largest <= most + 8 else after  # of another processor's rounding

def text(output):
    "All the text that an output shows"
    return '\n'.join([output.get('text', ''), *(str(v) for k, v in output.get('data', {}).items() if k.startswith('text/'))])

async def run(path):
    "The notebook with the outputs that its code makes"
    nb = nbformat.read(path, 4)
    await Client(nb, timeout=None, kernel_name='python3', coalesce_streams=True, record_timing=False,
                 resources={'metadata': {'path': path.parent}}).async_execute()
    nb.metadata.pop('widgets', None)
    for cell in nb.cells:
        if cell.cell_type != 'code': continue
        cell.outputs = [output for output in cell.outputs if lasting(output)]
        shown = '\n'.join(map(text, cell.outputs))
        if any(f'{place}/' in shown for place in places): sys.exit(f'{path.name}: cell {cell.id} shows a path of this machine:\n{shown}')
    return nb

async def refresh(path):
    kept, nb = {cell.id: cell.get('outputs', []) for cell in nbformat.read(path, 4).cells}, await run(path)
    for cell in nb.cells: keep_pictures(kept[cell.id], cell.get('outputs', []))
    nbformat.write(nb, path)
    nbdev_clean(str(path))
    print(f'refreshed {path.name}', flush=True)

def words(cell):
    "The lines that a cell shows, without what no two runs share; nothing of a volatile cell"
    if cell.cell_type != 'code' or 'volatile' in extract_directives(cell, remove=False): return []
    plain = [o.get('text') or o.data.get('text/markdown') or o.data.get('text/plain', '') for o in cell.outputs if 'text' in o or 'data' in o]
    return passing.sub('', '\n'.join(plain)).splitlines()

def same(a, b):
    "Whether two lines agree: to the letter, and numbers with a point to a hundredth of themselves"
    def agree(x, y): return x == y or '.' in x and '.' in y and abs(value(x) - value(y)) <= 0.01 * abs(value(x))
    def value(x): return float(x.replace(',', ''))
    a, b = number.split(a), number.split(b)
    return len(a) == len(b) and a[::2] == b[::2] and all(map(agree, a[1::2], b[1::2]))

async def check(path):
    "Whether a notebook shows something else than it is kept with; None if that cannot be told here"
    changed, nb = False, await run(path)
    if any(line.startswith('SKIPPED: ') for cell in nb.cells for line in words(cell)): return print(f'{path.name}: not compared, its data are not at hand', flush=True)  # which is None
    for kept, now in zip(nbformat.read(path, 4).cells, nb.cells):
        before, after = words(kept), words(now)
        if len(before) == len(after) and all(map(same, before, after)): continue
        changed = True
        print(f'{path.name}: cell {kept.id} shows something else than it is kept with:', *difflib.unified_diff(before, after, 'kept', 'now', lineterm=''), sep='\n', flush=True)
    return changed

async def main():
    os.environ |= {'OMP_NUM_THREADS': '1', 'PYTHONHASHSEED': '0'}
    work = check if '--check' in sys.argv else refresh
    paths = [Path(a).resolve() for a in sys.argv[1:] if a != '--check'] or [Path(p).resolve() for p in sorted(nbglob())]
    turns = asyncio.Semaphore(os.cpu_count() or 1)
    async def one(path):
        async with turns: return await work(path)
    changed = await asyncio.gather(*map(one, paths))
    if any(changed): sys.exit('run .ci/refresh.py on these notebooks, or seed what they draw')
    if work is check: print(f'tried: {changed.count(False)} notebooks' + (f', {without} without their data' if (without := changed.count(None)) else ''))

if __name__ == '__main__': asyncio.run(main())
