// The pages' sections come in INDEX, written by site.py: [address, page, heading, text].
const box = document.querySelector('input[type=search]'), found = document.querySelector('#found'), pages = document.querySelector('#pages');
document.querySelector('#menu').onclick = e => e.target.setAttribute('aria-expanded', e.target.parentElement.classList.toggle('open'));
box.oninput = () => {
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  pages.hidden = words.length > 0;
  const hits = !words.length ? [] : INDEX.map(section => {
    const [, page, heading, text] = section.map(part => part.toLowerCase());
    const score = words.map(word => (heading.includes(word) ? 8 : 0) + (page.includes(word) ? 4 : 0) + Math.min(3, text.split(word).length - 1));
    return [score.includes(0) ? 0 : score.reduce((a, b) => a + b), section];
  }).filter(([score]) => score).sort((a, b) => b[0] - a[0]).slice(0, 12);
  found.replaceChildren(...hits.map(([, [address, page, heading, text]]) => {
    const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 30), link = document.createElement('a'), small = document.createElement('small');
    Object.assign(link, {href: address, textContent: heading === page ? page : `${page}: ${heading}`});
    small.textContent = text.slice(at, at + 110);
    link.append(small);
    return link;
  }));
  if (words.length && !hits.length) found.textContent = 'Nothing found.';
};
