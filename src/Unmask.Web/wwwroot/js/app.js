// Loads the script of each custom element that a page holds, and only those: <theme-toggle> -> elements/theme-toggle.js.
const loaded = new Set();

export function awaken(root = document) {
  for (const element of root.querySelectorAll(':not(:defined)')) {
    const name = element.localName;
    if (!name.includes('-') || name === 'paired-range' || loaded.has(name)) continue;
    loaded.add(name);
    // A page counts as loaded when its script elements have run, and import() would not hold it up: keys that are pressed before would reach no one.
    document.head.append(Object.assign(document.createElement('script'), { type: 'module', src: new URL(`elements/${name}.js`, import.meta.url).href }));
  }
}

awaken();

// A table that is wider than its place can be scrolled by the keyboard.
const reachable = new ResizeObserver(places => places.forEach(({ target }) => { if (target.scrollWidth > target.clientWidth) target.tabIndex = 0; else target.removeAttribute('tabindex'); }));
for (const place of document.querySelectorAll('.table-wrap')) reachable.observe(place);

// The button for light and dark; a cookie keeps the choice, so that the server sends the next page in it.
document.querySelector('[data-theme-toggle]').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
  document.dispatchEvent(new CustomEvent('themechange'));
});

const search = async () => (await import('./palette.js')).palette.open();
document.querySelector('[data-palette]').addEventListener('click', search);
document.addEventListener('keydown', event => {
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); search(); }
});

// A form marked data-once is sent once, however often it is clicked.
document.addEventListener('submit', event => {
  const form = event.target;
  if (!form.hasAttribute('data-once')) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = 'yes';
  setTimeout(() => delete form.dataset.sent, 4000);
});

// <button data-dialog="id"> opens a dialog; data-close inside it closes it.
document.addEventListener('click', event => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) { document.getElementById(opener.dataset.dialog)?.showModal(); return; }
  if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
  for (const menu of document.querySelectorAll('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener('keydown', event => {
  if (event.key !== 'Escape') return;
  const menu = document.querySelector('details.menu[open]');
  if (menu) { menu.open = false; menu.querySelector('summary').focus(); }
});

// g then a letter goes to a place; ? lists the keys; Ctrl+Enter sends the form that marks a button data-primary.
const places = { h: '/', t: '/train', r: '/runs', m: '/models', c: '/chat', d: '/datasets' };
let waitsForPlace = false;
document.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { document.querySelector('[data-primary]')?.click(); return; }
  const typing = event.target.closest('input, textarea, select, [contenteditable], dialog');
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (waitsForPlace) {
    waitsForPlace = false;
    if (places[event.key]) location.href = places[event.key];
    return;
  }
  if (event.key === 'g') { waitsForPlace = true; setTimeout(() => waitsForPlace = false, 1200); }
  else if (event.key === 'n') location.href = '/train/new';
  else if (event.key === '/') { const search = document.querySelector('main input[type=search]'); if (search) { event.preventDefault(); search.focus(); } }
  else if (event.key === '?') location.href = '/settings#keys';
});

// Rows of a list marked data-rows: j and k move, Enter opens.
document.addEventListener('keydown', event => {
  if (!['j', 'k'].includes(event.key) || event.target.closest('input, textarea, select, dialog')) return;
  const links = [...document.querySelectorAll('table[data-rows] tbody tr td a:first-child')];
  if (links.length === 0) return;
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + (event.key === 'j' ? 1 : -1)))].focus();
});
