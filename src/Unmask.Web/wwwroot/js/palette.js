// Ctrl+K: everything that has an address, found by a few letters. Loaded when it is first asked for.
class Palette {
  async open() {
    if (!this.dialog) this.build();
    this.entries = await (await fetch('/api/search')).json();
    this.input.value = '';
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
  }

  build() {
    this.dialog = Object.assign(document.createElement('dialog'), { className: 'palette' });
    this.dialog.setAttribute('aria-label', 'Search');
    this.input = Object.assign(document.createElement('input'), { type: 'text', placeholder: 'Go to a page, run, model or dataset' });
    for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'true', 'aria-controls': 'palette-list', 'aria-label': 'Search', autocomplete: 'off' })) this.input.setAttribute(name, value);
    this.list = Object.assign(document.createElement('ul'), { id: 'palette-list' });
    this.list.setAttribute('role', 'listbox');
    this.list.setAttribute('aria-label', 'Results');
    this.dialog.append(this.input, this.list);
    document.body.append(this.dialog);
    this.input.addEventListener('input', () => this.draw());
    this.input.addEventListener('keydown', event => {
      if (event.key === 'ArrowDown' || event.key === 'ArrowUp') { event.preventDefault(); this.choose(this.at + (event.key === 'ArrowDown' ? 1 : -1)); }
      else if (event.key === 'Enter' && this.found[this.at]) { event.preventDefault(); location.href = this.found[this.at].href; }
    });
    this.dialog.addEventListener('click', event => { if (event.target === this.dialog) this.dialog.close(); });
  }

  draw() {
    const words = this.input.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.entries.filter(entry => words.every(word => `${entry.title} ${entry.alias ?? ''} ${entry.kind}`.toLowerCase().includes(word))).slice(0, 40);
    this.list.replaceChildren(...this.found.map((entry, index) => {
      const item = Object.assign(document.createElement('li'), { id: `palette-${index}` });
      item.setAttribute('role', 'option');
      item.append(Object.assign(document.createElement('span'), { textContent: entry.title }),
        Object.assign(document.createElement('span'), { className: 'kind', textContent: entry.alias ? `${entry.kind} · ${entry.alias}` : entry.kind }));
      item.addEventListener('click', () => location.href = entry.href);
      return item;
    }));
    this.choose(0);
  }

  choose(index) {
    this.at = Math.max(0, Math.min(this.found.length - 1, index));
    [...this.list.children].forEach((item, i) => item.setAttribute('aria-selected', i === this.at));
    this.list.children[this.at]?.scrollIntoView({ block: 'nearest' });
    if (this.found.length) this.input.setAttribute('aria-activedescendant', `palette-${this.at}`);
    else this.input.removeAttribute('aria-activedescendant');
  }
}

export const palette = new Palette();
