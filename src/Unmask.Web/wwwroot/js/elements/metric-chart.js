// One chart of a run, or of several runs: history comes once, reduced by the server, and more finely of a stretch that is looked at closely; what is new comes by the stream.
import { listen } from '../stream.js';
import { series, refined, whole } from '../charts/history.js';
import { soon } from '../charts/frames.js';
import { uplot, forms, inks, fade, smoothed, within, checkpoints, fault } from '../charts/drawing.js';

const height = 210;
// Between marks of the axis of steps: there is no step 1.2.
const wholeNumbers = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map(digit => digit * 10 ** power)).flat();

customElements.define('metric-chart', class extends HTMLElement {
  connectedCallback() {
    this.board = this.closest('chart-board');
    this.runs = (this.dataset.runs ?? this.board.dataset.run).split(',');
    this.labels = (this.dataset.labels ?? '').split('\u001f');
    this.keys = this.dataset.keys.split(',');
    this.series = new Map();
    this.fine = new Map();
    const head = Object.assign(document.createElement('div'), { className: 'row between' });
    const picture = Object.assign(document.createElement('button'), { type: 'button', className: 'btn quiet small', textContent: 'PNG' });
    picture.setAttribute('aria-label', `PNG of ${this.dataset.title}`);
    picture.addEventListener('click', async () => { if (this.chart) (await import('../charts/picture.js')).save(this, this.chart, this.dataset.title, this.shown); });
    head.append(Object.assign(document.createElement('h2'), { textContent: this.dataset.title }), picture);
    this.host = Object.assign(document.createElement('div'), { className: 'plot' });
    this.host.setAttribute('role', 'img');
    this.host.setAttribute('aria-label', this.dataset.title);
    this.legend = Object.assign(document.createElement('div'), { className: 'legend small' });
    this.append(head, this.host, this.legend);
    this.board.addEventListener('settings', () => this.soon());
    const repaint = () => { this.kind = undefined; this.soon(); };
    document.addEventListener('themechange', repaint);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
    new IntersectionObserver(seen => { this.inSight = seen.at(-1).isIntersecting; if (this.inSight && this.stale) soon(this); }, { rootMargin: '200px' }).observe(this);
    new ResizeObserver(() => this.chart?.setSize({ width: this.host.clientWidth, height })).observe(this.host);
    if (this.runs.length === 1) listen('run', news => this.take(news.points));
    this.load();
  }

  async load() {
    const [found] = await Promise.all([this.fetch(), uplot()]);
    for (const [id, points] of found) this.series.set(id, points);
    this.hidden = this.series.size === 0;
    this.soon();
  }

  // The series that there are, by run and name.
  async fetch(stretch) {
    const wildcard = this.keys.find(key => key.endsWith('*'));
    const names = wildcard ? Array.from({ length: 10 }, (_, i) => `${wildcard.slice(0, -1)}${i / 10}-${(i + 1) / 10}`) : this.keys;
    const found = await Promise.all(this.runs.map(async run => {
      const of = await series(run, names, stretch);
      return names.filter(key => of[key]?.length).map(key => [`${run} ${key}`, of[key]]);
    }));
    return found.flat();
  }

  take(points) {
    let fresh = false;
    for (const [key, added] of Object.entries(points ?? {})) {
      if (!this.keys.some(mine => mine === key || mine.endsWith('*') && key.startsWith(mine.slice(0, -1)))) continue;
      const id = `${this.runs[0]} ${key}`;
      const have = this.series.get(id) ?? [];
      const last = have.at(-1)?.[0] ?? -1;
      const news = added.filter(point => point[0] > last);
      if (news.length === 0) continue;
      have.push(...news);
      // A long series is asked for again, reduced, before it gets heavy.
      if (have.length > 6000) this.load();
      this.series.set(id, have);
      fresh = true;
    }
    if (!fresh) return;
    this.hidden = false;
    // Four times a second is as live as eyes need.
    this.waiting ??= setTimeout(() => { this.waiting = undefined; this.soon(); }, 250);
  }

  // None is drawn while it is out of sight.
  soon() {
    this.stale = true;
    if (this.inSight) soon(this);
  }

  // The stretch in sight has changed: to null, which is all. When it rests, its finer points are fetched, if there are any.
  look(stretch) {
    if (String(this.stretch) === String(stretch)) return;
    this.stretch = stretch;
    clearTimeout(this.resting);
    if (!stretch) { if (this.fine.size) { this.fine.clear(); this.soon(); } return; }
    if ([...this.series.values()].every(points => points.length < whole)) return;
    this.resting = setTimeout(async () => {
      const found = await this.fetch([Math.floor(stretch[0]), Math.ceil(stretch[1])]);
      if (this.stretch !== stretch) return;
      this.fine = new Map(found);
      this.soon();
    }, 150);
  }

  name(id) {
    const [run, key] = id.split(' ');
    if (this.runs.length > 1) return `${this.labels[this.runs.indexOf(run)]}${key.startsWith('eval_') ? ' (evaluation)' : ''}`;
    const at = this.keys.indexOf(key);
    return at >= 0 ? (this.dataset.names?.split(',')[at] ?? this.dataset.title) : key.split('/')[1];
  }

  draw() {
    if (this.series.size === 0 || !window.uPlot) return;
    this.stale = false;
    const { smooth, log, clip } = this.board.settings ?? { smooth: 0.6 };
    const order = id => { const [run, key] = id.split(' '); const at = this.keys.indexOf(key); return at < 0 ? id : `${this.runs.indexOf(run)} ${at}`; };
    const ids = [...this.series.keys()].sort((a, b) => order(a) < order(b) ? -1 : 1);
    const points = ids.map(id => refined(this.series.get(id), this.fine.get(id)));
    const raw = 'raw' in this.dataset || smooth === 0;
    const spans = ids.map((id, at) => !raw && !id.includes(' eval_') && points[at].length >= 60);
    this.data = this.columns(points, spans, smooth);
    const kind = `${ids.join()}|${spans}|${log}|${clip}`;
    if (this.chart && this.kind === kind) this.chart.setData(this.data, !this.stretch);
    else this.make(kind, ids, spans, log, clip);
    if (this.stretch) this.chart.setScale('x', { min: this.stretch[0], max: this.stretch[1] });
    // What is under the pointer is another point now; uPlot draws after this, and finds it then.
    const { left, top } = this.chart.cursor;
    if (left >= 0) queueMicrotask(() => this.chart.setCursor({ left, top }));
    else this.describe();
  }

  // What uPlot draws: the steps, and the values of each curve at them; a smoothed curve after its own values.
  columns(points, spans, smooth) {
    const steps = [...new Set(points.flatMap(one => one.map(([step]) => step)))].sort((a, b) => a - b);
    const place = new Map(steps.map((step, index) => [step, index]));
    const unit = this.dataset.form === 'mebibytes' ? 2 ** 20 : 1;
    return [steps, ...points.flatMap((one, at) => {
      const values = new Array(steps.length).fill(null);
      for (const [step, value] of one) values[place.get(step)] = value === null ? null : value / unit;
      return spans[at] ? [values, smoothed(values, smooth)] : [values];
    })];
  }

  make(kind, ids, spans, log, clip) {
    const ink = inks(this, ids.length, this.keys.some(key => key.endsWith('*')));
    this.form = forms[this.dataset.form ?? 'number'];
    this.lines = [{}, ...ids.flatMap((id, at) => {
      const line = { label: this.name(id), stroke: ink.curves[at], width: 1.6, spanGaps: true, points: { show: id.includes(' eval_'), size: 6, fill: ink.curves[at] } };
      return spans[at] ? [{ ...line, stroke: fade(ink.curves[at], 0.28), width: 1, faint: true }, { ...line, width: ids.length > 3 ? 1.4 : 2 }] : [line];
    })];
    const axis = { stroke: ink.text, grid: { stroke: ink.line, width: 1 }, ticks: { stroke: ink.line, width: 1 }, font: ink.font };
    const positive = this.data.slice(1).every(values => values.every(value => value === null || value > 0));
    this.chart?.destroy();
    this.kind = kind;
    this.chart = new window.uPlot({
      width: this.host.clientWidth, height, legend: { show: false },
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { distr: log && positive ? 3 : 1, range: clip ? (chart, low, high) => within(this.curves(chart.series[0].idxs), low, high) : undefined } },
      axes: [{ ...axis, incrs: wholeNumbers, values: (_, ticks) => ticks.map(tick => tick.toLocaleString('en')) }, { ...axis, size: 58, values: (_, ticks) => ticks.map(tick => tick === null ? '' : this.form(tick)) }],
      series: this.lines,
      hooks: {
        setCursor: [chart => this.describe(chart.cursor.idx)],
        setScale: [(chart, scale) => { if (scale === 'x' && this.chart === chart) this.look(this.all(chart.scales.x) ? null : [chart.scales.x.min, chart.scales.x.max]); }],
        draw: [chart => { checkpoints(chart, (this.board.dataset.checkpoints ?? '').split(',').filter(Boolean).map(Number), ink.text); fault(chart, +this.board.dataset.diverged, ink.bad); }],
      },
    }, this.data, this.host);
  }

  // The curves that have a name: not the measures behind a smoothed one.
  get shown() { return this.lines.map((line, index) => ({ ...line, index })).slice(1).filter(line => !line.faint); }

  // The values in sight.
  curves([from, to]) { return this.data.slice(1).map(values => values.slice(from, to + 1)); }

  all({ min, max }) { return min <= this.data[0][0] && max >= this.data[0].at(-1); }

  // The legend holds the values under the pointer, or the last ones; a screen reader is told the last ones.
  describe(at) {
    const shown = this.shown;
    const value = index => { for (let i = at ?? this.data[0].length - 1; i >= 0; i--) if (this.data[index][i] !== null) return this.form(this.data[index][i]); return '–'; };
    const pointed = at !== undefined && at !== null;
    this.legend.replaceChildren(...shown.map(({ label, stroke, index }) => {
      const entry = document.createElement('span');
      const swatch = document.createElement('i');
      swatch.style.background = stroke;
      entry.append(swatch, `${label} ${value(index)}`);
      return entry;
    }), pointed ? Object.assign(document.createElement('span'), { className: 'faint', textContent: `step ${this.data[0][at].toLocaleString('en')}` }) : '');
    if (!pointed) this.host.setAttribute('aria-label', `${this.dataset.title}: ${shown.map(({ label, index }) => `${label} ${value(index)}`).join(', ')} at step ${this.data[0].at(-1)}`);
  }
});
