// One chart of a run, or of several runs: history comes once, reduced by the server; what is new comes by the stream.
import { listen } from '../stream.js';

const colours = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5', '--chart-6', '--chart-7', '--chart-8'];
let library;

function uplot() {
  return library ??= new Promise((done, failed) => {
    const base = new URL('../../lib/uplot/', import.meta.url);
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('uPlot.min.css', base) }));
    document.head.append(Object.assign(document.createElement('script'), { src: new URL('uPlot.iife.min.js', base), onload: () => done(window.uPlot), onerror: failed }));
  });
}

const forms = {
  share: value => `${(100 * value).toFixed(1)}%`,
  mebibytes: value => `${value.toFixed(0)} MiB`,
  number: value => value === 0 ? '0' : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6 ? value.toExponential(2) : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(4)),
};

const history = new Map();

// Charts of one page ask for the history of a run together.
function fetchHistory(run, keys) {
  let wait = history.get(run);
  if (!wait) {
    wait = { keys: new Set() };
    wait.answer = new Promise(done => setTimeout(async () => {
      history.delete(run);
      const response = await fetch(`/api/runs/${run}/series?keys=${encodeURIComponent([...wait.keys].join(','))}`);
      done(response.ok ? await response.json() : {});
    }, 0));
    history.set(run, wait);
  }
  keys.forEach(key => wait.keys.add(key));
  return wait.answer;
}

customElements.define('metric-chart', class extends HTMLElement {
  connectedCallback() {
    this.board = this.closest('chart-board');
    this.runs = (this.dataset.runs ?? this.board.dataset.run).split(',');
    this.labels = (this.dataset.labels ?? '').split('\u001f');
    this.keys = this.dataset.keys.split(',');
    this.series = new Map();
    const title = document.createElement('h2');
    title.textContent = this.dataset.title;
    this.host = Object.assign(document.createElement('div'), { className: 'plot' });
    this.host.setAttribute('role', 'img');
    this.legend = Object.assign(document.createElement('div'), { className: 'legend small' });
    this.append(title, this.host, this.legend);
    this.board.addEventListener('settings', () => this.soon());
    const repaint = () => { this.chart?.destroy(); this.chart = undefined; this.draw(); };
    document.addEventListener('themechange', repaint);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', repaint);
    new IntersectionObserver(seen => { this.inSight = seen.at(-1).isIntersecting; if (this.inSight && this.stale) this.draw(); }, { rootMargin: '200px' }).observe(this);
    new ResizeObserver(() => this.chart?.setSize({ width: this.host.clientWidth, height: 210 })).observe(this.host);
    if (this.runs.length === 1) listen('run', news => this.take(news.points));
    this.load();
  }

  async load() {
    const wildcard = this.keys.find(key => key.endsWith('*'));
    const names = wildcard ? Array.from({ length: 10 }, (_, i) => `${wildcard.slice(0, -1)}${(i / 10).toFixed(1)}-${((i + 1) / 10).toFixed(1)}`) : this.keys;
    await Promise.all(this.runs.map(async run => {
      const found = await fetchHistory(run, names);
      for (const key of names) if (found[key]?.length) this.series.set(`${run} ${key}`, found[key]);
    }));
    this.draw();
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
    // Four times a second is as live as eyes need.
    if (fresh) this.waiting ??= setTimeout(() => { this.waiting = undefined; if (this.chart) this.soon(); else this.draw(); }, 250);
  }

  // One redraw a frame, and none while it is out of sight.
  soon() {
    this.stale = true;
    if (this.inSight) this.frame ??= requestAnimationFrame(() => { this.frame = undefined; this.draw(); });
  }

  name(id) {
    const [run, key] = id.split(' ');
    if (this.runs.length > 1) return `${this.labels[this.runs.indexOf(run)]}${key.startsWith('eval_') ? ' (evaluation)' : ''}`;
    const at = this.keys.indexOf(key);
    return at >= 0 ? (this.dataset.names?.split(',')[at] ?? this.dataset.title) : key.split('/')[1];
  }

  async draw() {
    this.hidden = this.series.size === 0;
    if (this.hidden) return;
    this.stale = false;
    const { smooth, log, clip } = this.board.settings ?? { smooth: 0.6 };
    const order = id => { const at = this.keys.indexOf(id.split(' ')[1]); return at < 0 ? id : `${this.runs.indexOf(id.split(' ')[0])} ${at}`; };
    const ids = [...this.series.keys()].sort((a, b) => order(a) < order(b) ? -1 : 1);
    const steps = [...new Set(ids.flatMap(id => this.series.get(id).map(point => point[0])))].sort((a, b) => a - b);
    const place = new Map(steps.map((step, index) => [step, index]));
    const unit = this.dataset.form === 'mebibytes' ? 2 ** 20 : 1;
    const data = [steps];
    const lines = [{}];
    const raw = 'raw' in this.dataset || smooth === 0;
    const style = getComputedStyle(this);
    // On a canvas light-dark() means nothing: the colour is read off an element.
    const probe = document.createElement('span');
    this.append(probe);
    const colour = name => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
    ids.forEach((id, index) => {
      const values = new Array(steps.length).fill(null);
      for (const [step, value] of this.series.get(id)) values[place.get(step)] = value === null ? null : value / unit;
      const dots = id.includes(' eval_') || this.series.get(id).length < 60;
      const stroke = colour(colours[index % colours.length]);
      const spans = !dots && !raw;
      data.push(values);
      lines.push({ label: this.name(id), stroke: spans ? fade(stroke, 0.28) : stroke, width: spans ? 1 : 1.6, spanGaps: true, points: { show: id.includes(' eval_'), size: 6, fill: stroke } });
      if (spans) {
        data.push(smoothed(values, smooth));
        lines.push({ label: this.name(id), stroke, width: ids.length > 3 ? 1.4 : 2, spanGaps: true, points: { show: false }, smooth: true });
      }
    });
    const axis = { stroke: colour('--text-2'), grid: { stroke: colour('--line'), width: 1 }, ticks: { stroke: colour('--line'), width: 1 }, font: `11px ${style.fontFamily}` };
    probe.remove();
    const form = forms[this.dataset.form ?? 'number'];
    const kind = `${ids.join()}|${log}|${raw}|${clip}`;
    if (this.chart && this.kind === kind) { this.chart.setData(data, !this.zoomed); this.describe(data, lines, form); return; }
    const uPlot = await uplot();
    this.chart?.destroy();
    this.kind = kind;
    const positive = data.slice(1).every(values => values.every(value => value === null || value > 0));
    const marks = (this.board.dataset.checkpoints ?? '').split(',').filter(Boolean).map(Number);
    this.chart = new uPlot({
      width: this.host.clientWidth, height: 210, legend: { show: false },
      cursor: { sync: { key: 'run' }, drag: { x: true, y: false } },
      scales: { x: { time: false }, y: { distr: log && positive ? 3 : 1, range: clip ? (_, low, high) => within(data, low, high) : undefined } },
      axes: [{ ...axis, values: (_, ticks) => ticks.map(tick => tick.toLocaleString('en')) }, { ...axis, size: 58, values: (_, ticks) => ticks.map(tick => tick === null ? '' : form(tick)) }],
      series: lines,
      hooks: {
        setCursor: [chart => this.describe(data, lines, form, chart.cursor.idx)],
        setSelect: [() => { this.zoomed = true; }],
        draw: [chart => checkpoints(chart, marks, axis.stroke)],
      },
    }, data, this.host);
    this.host.addEventListener('dblclick', () => { this.zoomed = false; });
    this.describe(data, lines, form);
  }

  // The legend holds the values under the pointer, or the last ones; a screen reader is told the last ones.
  describe(data, lines, form, at) {
    const entries = lines.map((line, index) => ({ line, index })).slice(1).filter(({ line, index }) => line.smooth || !lines[index + 1]?.smooth);
    const value = index => { for (let i = at ?? data[0].length - 1; i >= 0; i--) if (data[index][i] !== null && data[index][i] !== undefined) return form(data[index][i]); return '–'; };
    this.legend.replaceChildren(...entries.map(({ line, index }) => {
      const entry = document.createElement('span');
      const swatch = document.createElement('i');
      swatch.style.background = line.stroke;
      entry.append(swatch, `${line.label} ${value(index)}`);
      return entry;
    }), at === undefined || at === null ? '' : Object.assign(document.createElement('span'), { className: 'faint', textContent: `step ${data[0][at].toLocaleString('en')}` }));
    if (at === undefined || at === null) this.host.setAttribute('aria-label', `${this.dataset.title}: ${entries.map(({ line, index }) => `${line.label} ${value(index)}`).join(', ')} at step ${data[0].at(-1)}`);
  }
});

function smoothed(values, weight) {
  let [mean, norm] = [0, 0];
  return values.map(value => {
    if (value === null || value === undefined) return null;
    mean = weight * mean + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return mean / norm;
  });
}

function within(data, low, high) {
  const values = data.slice(1).flat().filter(value => value !== null && value !== undefined).sort((a, b) => a - b);
  return values.length < 20 ? [low, high] : [values[Math.floor(values.length * 0.005)], values[Math.ceil(values.length * 0.98) - 1]];
}

const fade = (colour, share) => colour.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);

function checkpoints(chart, steps, stroke) {
  const { ctx, bbox } = chart;
  ctx.save();
  ctx.fillStyle = stroke;
  for (const step of steps) {
    const x = chart.valToPos(step, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + bbox.height - 7);
    ctx.lineTo(x - 4, bbox.top + bbox.height);
    ctx.lineTo(x + 4, bbox.top + bbox.height);
    ctx.fill();
  }
  ctx.restore();
}
