// A log of any length: the page holds only the lines in sight, fetched a few hundred at a time. With a search or a level it lists what fits.
import { listen } from '../stream.js';

const Height = 20;
const Block = 500;

customElements.define('log-view', class extends HTMLElement {
  connectedCallback() {
    this.lines = this.querySelector('.lines');
    [this.search, this.level, this.follow, this.wrap, this.count] = ['input[type=search]', 'select', '[data-follow]', '[data-wrap]', '[data-count]'].map(selector => this.querySelector(selector));
    this.tall = Object.assign(document.createElement('div'), { className: 'tall' });
    this.seen = Object.assign(document.createElement('div'), { className: 'seen' });
    this.tall.append(this.seen);
    this.lines.append(this.tall);
    this.lines.addEventListener('scroll', () => {
      this.follow.checked = this.lines.scrollTop + this.lines.clientHeight >= this.lines.scrollHeight - 2 * Height;
      if (this.plain) this.draw(); else if (this.follow.checked) this.more();
    });
    for (const input of [this.search, this.level]) input.addEventListener('input', () => { clearTimeout(this.timer); this.timer = setTimeout(() => this.restart(), 200); });
    this.wrap.addEventListener('change', () => this.lines.classList.toggle('wrap', this.wrap.checked));
    this.follow.addEventListener('change', () => this.draw());
    listen('run', news => { if (news.log_lines > this.total) { this.total = news.log_lines; this.plain ? this.draw() : this.more(); } });
    this.restart();
  }

  get plain() { return this.search.value === '' && this.level.value === 'raw'; }

  async ask(after, limit) {
    const query = new URLSearchParams({ after, limit, text: this.search.value, level: this.level.value });
    const page = await (await fetch(`${this.dataset.src}?${query}`)).json();
    this.total = page.total;
    return page;
  }

  async restart() {
    this.blocks = new Map();
    this.seen.replaceChildren();
    this.seen.style.transform = '';
    this.after = 0;
    this.ended = false;
    if (this.plain) { await this.block(0); this.draw(); } else { this.tall.style.height = 'auto'; this.found = 0; await this.more(); }
  }

  async block(index) {
    const known = this.blocks.get(index);
    if (known && (known.length === Block || known.length + index * Block >= this.total)) return known;
    if (known?.asked) return known;
    const lines = known ?? [];
    lines.asked = true;
    const page = await this.ask(index * Block, Block);
    page.lines.asked = false;
    this.blocks.set(index, page.lines);
    return page.lines;
  }

  async draw() {
    this.tall.style.height = `${this.total * Height}px`;
    this.count.textContent = `${this.total.toLocaleString('en')} lines`;
    if (this.follow.checked) this.lines.scrollTop = this.lines.scrollHeight;
    const first = Math.max(0, Math.floor(this.lines.scrollTop / Height) - 20);
    const last = Math.min(this.total, first + Math.ceil(this.lines.clientHeight / Height) + 40);
    const ticket = this.ticket = {};
    const blocks = [];
    for (let index = Math.floor(first / Block); index * Block < last; index++) blocks.push(...await this.block(index));
    if (this.ticket !== ticket || !this.plain) return;
    const offset = Math.floor(first / Block) * Block;
    this.seen.style.transform = `translateY(${first * Height}px)`;
    this.seen.replaceChildren(...blocks.slice(first - offset, last - offset).map(line));
  }

  async more() {
    if (this.asking || this.ended && this.after >= this.total) return;
    this.asking = true;
    const page = await this.ask(this.after, 400);
    this.asking = false;
    this.ended = !page.has_more;
    this.after = page.has_more ? page.lines.at(-1).number : page.total;
    this.found += page.lines.length;
    this.seen.append(...page.lines.map(line));
    this.count.textContent = `${this.found.toLocaleString('en')}${page.has_more ? ' or more' : ''} of ${page.total.toLocaleString('en')} lines`;
  }
});

function line({ number, time, level, text }) {
  const row = Object.assign(document.createElement('div'), { className: 'log-line' });
  row.dataset.level = level;
  const when = Object.assign(document.createElement('time'), { textContent: time ? new Date(time).toLocaleTimeString('en-GB') : '' });
  row.append(Object.assign(document.createElement('span'), { className: 'number', textContent: number }), when, Object.assign(document.createElement('span'), { textContent: text }));
  return row;
}
