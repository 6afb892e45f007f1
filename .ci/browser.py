"""Open the widgets in a real browser, and use them with mouse and keys.

    python .ci/browser.py

The page without Python is compared with Python's filterbank. Then JupyterLab opens copies of the notebooks 00, 05a and
05b, runs them, and their pictures have to change when a slider is moved, the grid dragged, a digit drawn. Wants Chromium.
"""
import json, os, shutil, subprocess, sys, tempfile, time, urllib.request
from contextlib import contextmanager
from pathlib import Path

import torch
from playwright.sync_api import sync_playwright

from draw_nb.attention import Window, filterbank, read, write
from draw_nb.browser import ATTENTION_JS, attention_page, player
from draw_nb.network import DRAW, DRAWConfig
from draw_nb.weights import load_pretrained

NBS, TOKEN, PORT = Path(__file__).parents[1]/'nbs', 'browser', 8917
RUN = '''async path => {
    const app = window.jupyterapp;
    await app.restored;
    const page = await app.commands.execute('docmanager:open', {path, factory: 'Notebook'});
    await page.context.ready;
    await page.sessionContext.ready;
    app.shell.activateById(page.id);
    return await app.commands.execute('notebook:run-all-cells');
}'''

def numbers(page):
    "JavaScript's filterbank, glimpse and patch against Python's."
    page.set_content(f'<script>{ATTENTION_JS}</script>')
    torch.manual_seed(0)
    worst = 0.
    for case in range(60):
        n, height, width = (torch.randint(low, high, ()).item() for low, high in ((1, 13), (2, 31), (2, 31)))
        g_x, g_y, delta, sigma, gamma = (torch.rand(5, dtype=torch.float64) * torch.tensor([40, 40, 4, 3, 3]) + torch.tensor([-5, -5, .05, .05, .1])).tolist()
        x = torch.rand(1 if case % 2 else 3, height, width, dtype=torch.float64)
        window = Window(*(torch.tensor([v], dtype=torch.float64) for v in (g_x, g_y, delta, sigma**2, gamma)))
        F_x, F_y = filterbank(window, n, height, width)
        glimpse = read(x[None], F_x, F_y, window.gamma)
        ours = page.evaluate('''([x, n, g_x, g_y, delta, sigma, gamma]) => {
            const Fx = filterbank(g_x, delta, sigma, n, x[0][0].length), Fy = filterbank(g_y, delta, sigma, n, x[0].length), glimpse = read(x, Fx, Fy, gamma);
            return [Fx, Fy, glimpse, write(glimpse, Fx, Fy, gamma)];
        }''', [x.tolist(), n, g_x, g_y, delta, sigma, gamma])
        for a, b in zip(ours, (F_x[0], F_y[0], glimpse[0], write(glimpse, F_x, F_y, window.gamma)[0])):
            worst = max(worst, (torch.tensor(a, dtype=torch.float64) - b).abs().max().item())
    assert worst < 1e-5, worst
    print(f'filters, glimpse and patch in JavaScript: 60 cases, at most {worst:.1e} from Python')

def fingers(canvas, down, moves):
    "Touch a canvas at several places, each (finger, x, y) from its corner, move, and let go."
    canvas.evaluate('''(canvas, [down, moves]) => {
        const box = canvas.getBoundingClientRect(), capture = canvas.setPointerCapture;
        const send = (kind, [pointerId, x, y]) => canvas.dispatchEvent(new PointerEvent(kind, {pointerId, clientX: box.left + x, clientY: box.top + y, bubbles: true}));
        canvas.setPointerCapture = () => {};  // which knows no finger that we made up
        down.forEach(at => send('pointerdown', at));
        moves.forEach(at => send('pointermove', at));
        down.forEach(at => send('pointerup', at));
        canvas.setPointerCapture = capture;
    }''', [down, moves])

def page_alone(page):
    "The page without Python: drag, wheel, keys, sliders."
    page.set_content(attention_page(torch.rand(3, 20, 40), n=5)._repr_html_())
    state = lambda: page.evaluate('document.querySelector(".draw-nb-attention").attention')
    canvas = page.locator('canvas').first
    box, start = canvas.bounding_box(), state()
    pixel = box['width'] / 40
    page.mouse.move(box['x'] + 100, box['y'] + 50)
    page.mouse.down()
    page.mouse.move(box['x'] + 100 + 5 * pixel, box['y'] + 50 - 3 * pixel, steps=4)
    page.mouse.up()
    now = state()
    assert abs(now['g_x'] - start['g_x'] - 5) < 0.05 and abs(now['g_y'] - start['g_y'] + 3) < 0.05, (start['g_x'], now['g_x'], start['g_y'], now['g_y'])
    page.keyboard.press('ArrowLeft')
    page.keyboard.press('+')
    assert abs(state()['g_x'] - now['g_x'] + 1) < 1e-9 and abs(state()['delta'] / now['delta'] - 1.1) < 1e-9
    now = state()
    for keys in ('Control+ArrowLeft', 'Meta+ArrowUp', 'Control++'): page.keyboard.press(keys)
    assert state() == now  # those are the browser's own
    page.mouse.wheel(0, 300)
    page.wait_for_function('d => document.querySelector(".draw-nb-attention").attention.delta < d', arg=now['delta'])
    before = state()
    fingers(canvas, [(1, 100, 50), (2, 110, 50)], [(2, 120, 50), (2, 115, 50)])  # from 10 apart to 15
    assert abs(state()['delta'] / before['delta'] - 1.5) < 1e-9 and state()['g_x'] == before['g_x'], (before['delta'], state()['delta'])
    page.locator('input').first.focus()
    now = state()
    page.mouse.wheel(0, 300)
    page.wait_for_timeout(200)
    page.keyboard.press('ArrowRight')
    assert abs(state()['g_x'] - now['g_x'] - 0.05) < 0.026 and state()['delta'] == now['delta'], (now, state())  # the wheel is for a grid that was clicked
    page.locator('input').nth(5).fill('3')  # N
    assert len(state()['glimpse'][0]) == 3 and state()['glimpse'] != now['glimpse']
    times = page.evaluate('''() => Array.from({length: 30}, (_, i) => {
        const slider = document.querySelectorAll('input')[0], start = performance.now();
        slider.value = i;
        slider.dispatchEvent(new Event('input'));
        return performance.now() - start;
    })''')
    assert sorted(times)[15] < 100, times
    print(f'the page without Python: dragged, turned, typed, slid; redrawn in {sorted(times)[15]:.1f} ms')

def film(page):
    "The player plays, stops at the end, and can be stepped through."
    steps = DRAW(DRAWConfig(steps=4, hidden=8, latent=2)).trace_prior(2)
    page.set_content(player(steps, seconds=0.4)._repr_html_())
    position = lambda: page.evaluate('document.querySelector("[role=img]").style.backgroundPositionX')
    page.locator('button').click()
    page.wait_for_function('document.querySelector("input").value === "3" && document.querySelector("button").textContent === "play"')
    end = position()
    page.locator('input').fill('1')
    assert position() != end and end == '100%' and '2 of 4' in page.locator('output').text_content()
    print('the player: played, stopped, stepped')

@contextmanager
def lab(folder):
    "JupyterLab on copies of the notebooks; gives its address."
    (folder/'lab').mkdir()
    settings = {'@jupyterlab/apputils-extension:notification': {'fetchNews': 'false', 'checkForUpdates': False}, '@jupyterlab/docmanager-extension:plugin': {'autosave': False}}
    (folder/'settings').mkdir()
    (folder/'settings/overrides.json').write_text(json.dumps(settings))
    for name in ('00_attention', '05a_browser', '05b_widgets'): shutil.copy(NBS/f'{name}.ipynb', folder/'lab')
    env = dict(os.environ, JUPYTER_CONFIG_DIR=str(folder/'config'), JUPYTER_RUNTIME_DIR=str(folder/'run'), JUPYTERLAB_SETTINGS_DIR=str(folder/'user'), IPYTHONDIR=str(folder/'ipython'))
    with open(folder/'lab.log', 'w') as log:
        server = subprocess.Popen([sys.executable, '-m', 'jupyter', 'lab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={PORT}', f'--IdentityProvider.token={TOKEN}',
                                   f'--ServerApp.root_dir={folder}/lab', f'--LabServerApp.app_settings_dir={folder}/settings', '--expose-app-in-browser'], env=env, stdout=log, stderr=log)
    def up():
        try: return urllib.request.urlopen(f'http://127.0.0.1:{PORT}/api/status?token={TOKEN}', timeout=1).status == 200
        except OSError: return False
    try:
        deadline = time.monotonic() + 60
        while not up():
            if server.poll() is not None or time.monotonic() > deadline: raise RuntimeError(f'JupyterLab did not start: {(folder/"lab.log").read_text()[-2000:]}')
            time.sleep(.2)
        yield f'http://127.0.0.1:{PORT}/lab?token={TOKEN}&reset'
    finally:
        server.terminate()
        server.wait(30)

def changes(shown, act, name):
    "Do something, and wait until something else is shown."
    before = shown()
    act()
    deadline = time.monotonic() + 20
    while shown() == before:
        if time.monotonic() > deadline: raise AssertionError(f'{name}: all stays as it was')
        time.sleep(.05)

def notebook(page, address, name):
    "Open a notebook and run it to its end."
    page.goto(address)
    page.wait_for_function('window.jupyterapp')
    assert page.evaluate(RUN, f'{name}.ipynb'), f'{name} does not run through'

def explorer(page, address):
    notebook(page, address, '00_attention')
    canvas = page.locator('canvas.draw-nb-grid').first
    canvas.scroll_into_view_if_needed()
    panels = page.locator('.jp-OutputArea-output', has=canvas).locator('canvas')
    shown = lambda: [panels.nth(i).evaluate('c => c.toDataURL()') for i in range(5)]
    def slide():
        handle = page.locator('.widget-slider .noUi-handle').first
        handle.focus()
        for _ in range(5): page.keyboard.press('ArrowRight')
    def drag():
        box = canvas.bounding_box()
        page.mouse.move(box['x'] + 112, box['y'] + 112)
        page.mouse.down()
        page.mouse.move(box['x'] + 60, box['y'] + 80, steps=5)
        page.mouse.up()
    acts = dict(slider=slide, drag=drag, key=lambda: page.keyboard.press('ArrowUp'), wheel=lambda: page.mouse.wheel(0, 200))
    for name, act in acts.items(): changes(shown, act, name)
    numbers = page.locator('.widget-slider .widget-readout').first
    before = numbers.text_content()
    changes(numbers.text_content, drag, f'the slider beside the grid, {before}')
    letters(page, canvas)
    print('notebook 00 in JupyterLab: slid, dragged, typed, turned')

def letters(page, place):
    "Keys that Jupyter has a use for do nothing to the cells, while something of ours has the focus."
    cells = lambda: page.evaluate('window.jupyterapp.shell.currentWidget.content.widgets.length')
    before = cells()
    place.focus()
    for key in 'xdda': page.keyboard.press(key)
    time.sleep(.3)
    assert cells() == before, f'{before} cells before, {cells()} after'

def pages(page, address):
    "HTML with scripts in it works in a notebook, too."
    notebook(page, address, '05a_browser')
    canvas, box = page.locator('.draw-nb-attention canvas').first, page.locator('.draw-nb-attention')
    canvas.scroll_into_view_if_needed()
    before = box.evaluate('e => e.attention.g_x')
    canvas.focus()
    page.keyboard.press('ArrowRight')
    assert abs(box.evaluate('e => e.attention.g_x') - before - 1) < 1e-9
    slider = box.locator('input').first
    slider.click()
    before = box.evaluate('e => e.attention.g_x')
    page.keyboard.press('ArrowRight')
    assert abs(box.evaluate('e => e.attention.g_x') - before - 0.05) < 0.026
    for place in canvas, slider, page.locator('button', has_text='play').first, page.get_by_label('step', exact=True): letters(page, place)
    page.locator('button', has_text='play').first.click()
    page.wait_for_function('document.body.innerText.includes("2 of ")')
    n = load_pretrained('mnist').config.steps
    page.wait_for_function(f'document.body.innerText.includes("{n} of {n}")')
    print('notebook 05a in JupyterLab: the page obeys, the film plays')

def draw(page, address):
    notebook(page, address, '05b_widgets')
    pad = page.locator('canvas.draw-nb-pad')
    pad.scroll_into_view_if_needed()
    output = page.locator('.jp-OutputArea-output', has=pad)
    def one():
        output.locator('button', has_text='clear').click()
        box = pad.bounding_box()
        page.mouse.move(box['x'] + 112, box['y'] + 40)
        page.mouse.down()
        page.mouse.move(box['x'] + 105, box['y'] + 190, steps=8)
        page.mouse.up()
    letters(page, output.locator('button', has_text='clear'))
    before = output.locator('.widget-html-content').text_content()
    changes(lambda: output.locator('img').first.get_attribute('src'), one, 'pad')
    page.wait_for_function('([e, text]) => e.textContent !== text && e.textContent.includes("nats")', arg=[output.locator('.widget-html-content').element_handle(), before])
    cost = output.locator('.widget-html-content').text_content()
    ink = lambda: pad.evaluate('c => [...c.getContext("2d").getImageData(0, 0, c.width, c.height).data].filter(v => v).length')
    output.locator('button', has_text='clear').click()
    fingers(pad, [(1, 60, 60)], [(1, 60, 120)])
    one_line = ink()
    output.locator('button', has_text='clear').click()
    fingers(pad, [(1, 60, 60), (2, 160, 60)], [(1, 60, 90), (2, 160, 90), (1, 60, 120), (2, 160, 120)])
    assert ink() == one_line, (one_line, ink())  # a palm draws nothing
    print('notebook 05b in JupyterLab: a digit drawn, and drawn again for', cost)

if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome'),
                                    args=['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'])
        page = browser.new_page(viewport=dict(width=1200, height=900))
        failures = []
        page.on('pageerror', lambda e: failures.append(str(e)))
        for test in (numbers, page_alone, film): test(page)
        assert not failures, failures
        with lab(Path(folder)) as address:
            for test in (explorer, pages, draw): test(page, address)
        browser.close()
