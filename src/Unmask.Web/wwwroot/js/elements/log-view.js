// A log of any length: the page holds only the lines in sight, fetched a few hundred at a time. With a search or a level it lists what fits.
import { listen } from '../stream.js';

const Height = 20;
const Block = 500;
const clock = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

customElements.define('log-view', class extends HTMLElement {
  connectedCallback() {
    this.lines = this.querySelector('.lines');
    [this.search, this.level, this.follow, this.wrap, this.count] = ['input[type=search]', 'select', '[data-follow]', '[data-wrap]', '[data-count]'].map(selector => this.querySelector(selector));
    this.tall = Object.assign(document.createElement('div'), { className: 'tall' });
    this.seen = Object.assign(document.createElement('div'), { className: 'seen' });
    this.tall.append(this.seen);
    this.lines.append(this.tall);
    this.total = Number(this.dataset.lines);
    this.lines.addEventListener('scroll', () => {
      this.follow.checked = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 2 * Height;
      if (this.plain) this.soon(); else if (this.follow.checked) this.more();
    });
    for (const input of [this.search, this.level]) input.addEventListener('input', () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.restart(), 200); });
    this.wrap.addEventListener('change', () => { this.lines.classList.toggle('wrap', this.wrap.checked); if (this.plain) this.draw(); });
    this.follow.addEventListener('change', () => { this.put = undefined; if (this.plain) this.draw(); else this.more(); });
    listen('run', news => {
      if (news.log_lines <= this.total) return;
      this.total = news.log_lines;
      if (this.plain) this.soon(); else this.more();
    });
    this.restart();
  }

  get plain() { return this.search.value === '' && this.level.value === 'raw'; }

  async ask(after, limit) {
    const query = new URLSearchParams({ after, limit, text: this.search.value, level: this.level.value });
    const page = await (await fetch(`${this.dataset.src}?${query}`)).json();
    this.total = page.total;
    return page;
  }

  restart() {
    this.blocks = new Map();
    this.seen.replaceChildren();
    this.seen.style.transform = '';
    this.list = undefined;
    if (this.plain) { this.draw(); return; }
    this.tall.style.height = 'auto';
    this.list = { after: 0, found: 0 };
    this.more();
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = undefined; if (this.plain) this.draw(); });
  }

  // The lines of a block that are here already; what is lacking is asked for, and drawn when it comes.
  block(index) {
    let known = this.blocks.get(index);
    if (!known) this.blocks.set(index, known = { lines: [] });
    if (!known.asked && known.lines.length < Math.min(Block, this.total - index * Block)) {
      known.asked = true;
      this.ask(index * Block + known.lines.length, Block - known.lines.length).then(page => {
        known.asked = false;
        known.lines.push(...page.lines);
        this.soon();
      }, () => { known.asked = false; });
    }
    return known.lines;
  }

  draw() {
    this.count.textContent = `${this.total.toLocaleString('en')} lines`;
    // Who has moved up since it was put to the end does not want to follow.
    if (this.lines.scrollTop < Math.min(this.put ?? 0, this.lines.scrollHeight - this.lines.clientHeight) - 2 * Height) this.follow.checked = false;
    this.tall.style.height = `${this.total * Height}px`;
    if (this.follow.checked) this.lines.scrollTop = this.lines.scrollHeight;
    this.put = this.follow.checked ? this.lines.scrollTop : undefined;
    const ahead = this.wrap.checked ? 0 : 20;
    const first = Math.max(0, Math.min(Math.floor(this.lines.scrollTop / Height), this.total - Math.ceil(this.lines.clientHeight / Height)) - ahead);
    const last = Math.min(this.total, first + Math.ceil(this.lines.clientHeight / Height) + 2 * ahead);
    this.show(first, last);
    // Wrapped lines are higher than their share: at the end of the log the last one is at the bottom.
    const most = last === this.total ? this.total * Height - this.seen.offsetHeight : Infinity;
    if (this.wrap.checked && most < 0) this.tall.style.height = `${this.seen.offsetHeight}px`;
    this.seen.style.transform = `translateY(${Math.max(0, this.wrap.checked ? Math.min(first * Height, most) : first * Height)}px)`;
  }

  // Only the rows that come into sight are made; the others stay.
  show(first, last) {
    for (const row of [...this.seen.children]) if (row.at < first || row.at >= last) row.remove();
    let next = this.seen.firstElementChild;
    for (let at = first; at < last; at++) {
      const text = this.block(Math.floor(at / Block))[at % Block];
      if (next?.at === at && next.text === text) { next = next.nextElementSibling; continue; }
      const row = Object.assign(line(text ?? { number: at + 1, text: '' }), { at, text });
      const old = next?.at === at ? next : undefined;
      if (old) next = next.nextElementSibling;
      this.seen.insertBefore(row, old ?? next);
      old?.remove();
    }
  }

  async more() {
    const list = this.list;
    if (list.asking || list.after >= this.total && this.total > 0) return;
    list.asking = true;
    const page = await this.ask(list.after, 400).finally(() => { list.asking = false; });
    if (this.list !== list) return;
    list.after = page.has_more ? page.lines.at(-1).number : page.total;
    list.found += page.lines.length;
    const stay = this.follow.checked && list.ended;
    list.ended = !page.has_more;
    this.seen.append(...page.lines.map(line));
    this.count.textContent = `${list.found.toLocaleString('en')}${page.has_more ? ' or more' : ''} of ${page.total.toLocaleString('en')} lines`;
    if (stay) this.lines.scrollTop = this.lines.scrollHeight;
    // The log may have grown meanwhile.
    if (list.ended && list.after < this.total) this.more();
  }
});

function line({ number, time, level, text }) {
  const row = Object.assign(document.createElement('div'), { className: 'log-line' });
  row.dataset.level = level;
  const when = Object.assign(document.createElement('time'), { textContent: time ? clock.format(new Date(time)) : '' });
  row.append(Object.assign(document.createElement('span'), { className: 'number', textContent: number }), when, Object.assign(document.createElement('span'), { textContent: text }));
  return row;
}
