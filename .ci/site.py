"""Make a site of the notebooks as they are, with the outputs they have: python .ci/site.py FOLDER

Every page carries all it needs: equations are MathML, and nothing is fetched from elsewhere. A link that leads nowhere,
a picture that is missing, an equation that cannot be read or a file from another host is an error.
"""
import ast, html, json, re, shutil, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import nbformat
from latex2mathml.converter import convert
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbdev.config import get_config
from nbdev.process import extract_directives
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

cfg = get_config()
GROUPS = {'The network': '00 01 02', 'What it learns from': '03', 'Training and looking': '04 05 06 07', 'The experiments': '09 10 11 12 13 14 15', 'Yours': '16 17', 'Fast and solid': '2'}

def slug(text): return re.sub(r'[^\w]+', '-', re.sub('<[^>]+>|&[^;]+;', '', text)).strip('-').lower()

class Page:
    "A notebook: its cells, its title, and the names that it exports."
    def __init__(self, path):
        self.path, self.cells = path, []
        self.module = self.summary = None
        self.address = path.stem.replace('.', '-') + '.html'
        for cell in nbformat.read(path, 4).cells:
            directives = extract_directives(cell) if cell.cell_type == 'code' else {}
            if 'default_exp' in directives: self.module = directives['default_exp'][0]
            cell.source = re.sub(r'^#\s*\|.*\n?', '', cell.source, flags=re.MULTILINE).strip('\n')
            if not {'hide', 'default_exp'} & directives.keys(): self.cells.append((cell, directives))
        self.title = re.search('^# (.+)', self.cells[0][0].source, re.MULTILINE)[1]

    def names(self):
        "What the cells define for others, by name."
        for cell, directives in self.cells:
            if not {'export', 'exports'} & directives.keys(): continue
            for node in ast.parse(cell.source).body:
                if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith('_'): yield node.name

class Renderer(IPythonRenderer):
    "Markdown with MathML, and with links from names to what they name."
    def __init__(self, page, names): super().__init__(escape=False, exclude_anchor_links=True); self.page, self.names = page, names
    def block_math(self, body): return f'<div class="equation">{self.equation(body, "block")}</div>\n'
    def inline_math(self, body): return self.equation(body, 'inline')
    def equation(self, body, display):
        try: mathml = convert(re.sub(r'\\tag\{(.+?)\}', r'\\qquad(\1)', body.strip()), display=display)
        except Exception as e: raise SystemExit(f'{self.page.path.name}: {body.strip()}: {e!r}')
        if '\\' in mathml: raise SystemExit(f'{self.page.path.name}: not understood: {body.strip()}')
        return mathml
    def heading(self, text, level, **attrs): return f'<h{level} id="{slug(text)}"><a href="#{slug(text)}">{text}</a></h{level}>\n'
    def table(self, text): return f'<div class="table"><table>{text}</table></div>\n'
    def codespan(self, text):
        plain = html.escape(html.unescape(text), quote=False)
        target = self.names.get(re.sub(r'^draw_nb\.(\w+\.)?|\(\)$', '', text))
        return f'<code><a href="{target}">{plain}</a></code>' if target else f'<code>{plain}</code>'
    def link(self, text, url, title=None): return f'<a href="{address(url)}">{text}</a>'

def address(url):
    "Where a link of a notebook leads on the site."
    if re.match(r'\w+:|#', url): return url
    if url.startswith('../'): return f'{cfg.git_url}/blob/{cfg.branch}/{url[3:]}'
    return re.sub(r'\.ipynb(?=#|$)', '.html', url)

def code(source, names, exported, anchors):
    "A cell of code, coloured, its names linked."
    text = highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))
    text = re.sub(r'(<span class="n">)(\w+)(</span>)', lambda m: f'<a href="{names[m[2]]}">{m[2]}</a>' if m[2] in names else m[0], text)
    ids = ''.join(f'<span id="{name}"></span>' for name in anchors)
    return f'{ids}<pre{" class=exported" * exported}>{text}</pre>'

def output(o, alt, markdown):
    "What a cell put out, in the richest form that a page can show."
    if o.output_type == 'stream': return f'<pre>{html.escape(o.text)}</pre>' if o.name == 'stdout' else ''
    data = o.get('data', {})
    if 'text/html' in data: return data['text/html']
    for kind in ('image/png', 'image/jpeg', 'image/gif'):
        if kind in data: return f'<img src="data:{kind};base64,{data[kind].strip()}" alt="{html.escape(alt, quote=True)}">'
    if 'text/markdown' in data: return markdown(data['text/markdown'])
    return f'<pre>{html.escape(data["text/plain"])}</pre>' if 'text/plain' in data else ''

def body(page, names):
    "A page's text, and its sections for the search: address, page, heading, words."
    markdown = MarkdownWithMath(Renderer(page, names))
    parts, sections, heading = [], [], page.title
    for cell, directives in page.cells:
        if cell.cell_type == 'markdown':
            parts.append(markdown(cell.source))
            for line in cell.source.splitlines():
                if m := re.match('#+ (.+)', line): heading = m[1]
                elif line: sections.append((heading, line))
        elif cell.cell_type == 'code':
            exported = bool({'export', 'exports'} & directives.keys())
            anchors = [name for name in re.findall(r'^(?:def|class) ([A-Za-z]\w*)', cell.source, re.MULTILINE)] if exported else []
            if directives.get('echo:') != ['false']: parts.append(code(cell.source, names, exported, anchors))
            alt = ' '.join(directives.get('fig-alt:', [f'Figure: {heading}']))
            if shown := ''.join(output(o, alt, markdown) for o in cell.outputs): parts.append(f'<div class="output">{shown}</div>')
            sections += [(heading, f'{name} {cell.source}') for name in anchors]
    together = {}
    for heading, text in sections: together.setdefault(heading, []).append(re.sub(r'[`*$\\]|\]\([^)]*\)|\[', '', text))
    return '\n'.join(parts), [[f'{page.address}#{slug(h)}', page.title, h, ' '.join(texts)[:3000]] for h, texts in together.items()]

def navigation(pages, page):
    def link(p): return f'<a href="{p.address}"{" aria-current=page" * (p is page)}>{html.escape(p.title)}</a>'
    groups = ''.join(f'<h2>{title}</h2>' + ''.join(link(p) for p in pages if p.path.stem.startswith(tuple(starts.split()))) for title, starts in GROUPS.items())
    return (f'<nav aria-label="pages"><a class="home" href="index.html">{cfg.title}</a><button id="menu" aria-expanded="false">pages</button>'
            f'<div><input type="search" placeholder="search" aria-label="search"><div id="found" aria-live="polite"></div><div id="pages">{groups}</div></div></nav>')

class Check(HTMLParser):
    "Collects what a page offers to links, where its links lead, and what it loads."
    def __init__(self, text): super().__init__(); self.ids, self.links, self.loads = set(), [], []; self.feed(text)
    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if 'id' in attrs: self.ids.add(attrs['id'])
        if tag == 'a' and 'href' in attrs: self.links.append(attrs['href'])
        self.loads += [attrs[key] for key in ('src', 'data', 'poster') if key in attrs] + ([attrs['href']] if tag == 'link' else [])
        if tag == 'img' and not attrs.get('alt'): self.loads.append('a picture without a description')

def check(out):
    "Say what is wrong with a site."
    pages = {path.name: Check(path.read_text()) for path in out.glob('*.html')}
    for name, page in pages.items():
        for load in page.loads:
            if not load.startswith('data:') and not (out/load).is_file(): yield f'{name}: {load[:80]} is not here'
        for link in page.links:
            target, _, anchor = unquote(link).partition('#')
            if re.match(r'\w+:', link): continue
            if (target or name) not in pages: yield f'{name}: no page {target}'
            elif anchor and anchor not in pages[target or name].ids: yield f'{name}: no {anchor} in {target or name}'

def main(out):
    pages = [Page(path) for path in sorted(cfg.nbs_path.glob('*.ipynb'), key=lambda path: (path.stem != 'index', path.stem))]
    names = {name: f'{page.address}#{name}' for page in pages for name in page.names()}
    if out.exists(): shutil.rmtree(out)
    out.mkdir(parents=True)
    shutil.copytree(cfg.nbs_path/'images', out/'images')
    style, here = HtmlFormatter(style='default'), Path(__file__).parent/'site'
    dark = HtmlFormatter(style='monokai').get_style_defs('pre')
    plain = lambda css: '\n'.join(line for line in css.splitlines() if line.startswith('pre .'))
    (out/'site.css').write_text((here/'site.css').read_text() + plain(style.get_style_defs('pre')) + f'\n@media (prefers-color-scheme: dark) {{\n{plain(dark)}\n}}\n')
    index = []
    for page, before, after in zip(pages, [None, *pages], [*pages[1:], None]):
        text, sections = body(page, names)
        index += sections
        way = ''.join(f'<a href="{p.address}">{arrow}</a>' if p else '<span></span>' for p, arrow in ((before, f'← {before and before.title}'), (after, f'{after and after.title} →')))
        (out/page.address).write_text(f'''<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(page.title)}</title><link rel="stylesheet" href="site.css"></head>
<body>{navigation(pages, page)}<main>{text}<footer>{way}</footer></main><script src="index.js"></script><script src="search.js"></script></body></html>
''')
    (out/'index.js').write_text(f'const INDEX = {json.dumps(index, ensure_ascii=False)};\n')
    shutil.copy(here/'search.js', out)
    if wrong := list(check(out)): sys.exit('\n'.join(wrong))
    print(f'{len(pages)} pages, {sum(f.stat().st_size for f in out.rglob("*") if f.is_file()) / 1e6:.1f} MB, whole and self-contained')

if __name__ == '__main__': main(Path(sys.argv[1]))
