// How numbers and curves of a chart are made.
let library;

export function uplot() {
  return library ??= new Promise((done, failed) => {
    const base = new URL('../../lib/uplot/', import.meta.url);
    document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: new URL('uPlot.min.css', base) }));
    document.head.append(Object.assign(document.createElement('script'), { src: new URL('uPlot.iife.min.js', base), onload: () => done(window.uPlot), onerror: failed }));
  });
}

export const forms = {
  share: value => `${(100 * value).toFixed(1)}%`,
  mebibytes: value => `${value.toFixed(0)} MiB`,
  number: value => value === 0 ? '0' : Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6 ? value.toExponential(2) : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(+value.toPrecision(4)),
};

const colors = ['--chart-1', '--chart-2', '--chart-3', '--chart-4', '--chart-5', '--chart-6', '--chart-7', '--chart-8'];

// The colors below an element: one a curve, or where the curves are levels of one thing, from cold to warm. On a canvas light-dark() means nothing: a color is read off an element.
export function inks(element, count, levels) {
  const probe = document.createElement('span');
  element.append(probe);
  const ink = name => { probe.style.color = `var(${name})`; return getComputedStyle(probe).color; };
  const found = { text: ink('--text-2'), line: ink('--line'), bad: ink('--bad'), curves: levels ? ramp(colors.slice(0, 3).map(ink), count) : Array.from({ length: count }, (_, at) => ink(colors[at % colors.length])), font: `11px ${getComputedStyle(element).fontFamily}` };
  probe.remove();
  return found;
}

// From the third color over the first to the second.
function ramp([middle, end, start], count) {
  const stops = [start, middle, end].map(color => color.match(/[\d.]+/g).slice(0, 3).map(Number));
  return Array.from({ length: count }, (_, at) => {
    const place = 2 * at / Math.max(1, count - 1);
    const [from, to] = place < 1 ? [stops[0], stops[1]] : [stops[1], stops[2]];
    return `rgb(${from.map((value, part) => Math.round(value + (to[part] - value) * (place % 1 || (place === 2 ? 1 : 0))))})`;
  });
}

export const fade = (color, share) => color.replace(/^rgb\((.*)\)$/, `rgba($1, ${share})`);

// A running mean that forgets, without the pull of its start to zero.
export function smoothed(values, weight) {
  let [mean, norm] = [0, 0];
  return values.map(value => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    norm = weight * norm + (1 - weight);
    return mean / norm;
  });
}

// The range without the outermost values.
export function within(curves, low, high) {
  const values = curves.flat().filter(value => value !== null).sort((a, b) => a - b);
  return values.length < 20 ? [low, high] : [values[Math.floor(values.length * 0.005)], values[Math.ceil(values.length * 0.98) - 1]];
}

// Small triangles on the axis where a checkpoint was saved.
export function checkpoints(chart, steps, stroke) {
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

// A line where the numbers came to an end: at the step that diverged, or at the edge where nothing was measured after it.
export function fault(chart, step, stroke) {
  if (!step) return;
  const { ctx, bbox } = chart;
  const x = Math.min(chart.valToPos(step, 'x', true), bbox.left + bbox.width);
  if (x < bbox.left) return;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}
