// Series of runs as the server reduces them. Charts that ask in the same moment, for the same run and stretch of steps, ask together.
const waiting = new Map();

// The most points of a series: about two for each pixel of a chart.
export const most = 1200;

// What has fewer points than this came whole: of a longer series the server keeps a point of each of this many stretches, at the least.
export const whole = most / 2 - 1;

// Series by name, each [step, value] in order of step; those that the run has not got are empty. An error leaves all of them out.
export function series(run, keys, [from, to] = []) {
  const stretch = from === undefined ? '' : `&from=${from}&to=${to}`;
  let wait = waiting.get(run + stretch);
  if (!wait) {
    wait = { keys: new Set() };
    wait.answer = new Promise(done => setTimeout(async () => {
      waiting.delete(run + stretch);
      const response = await fetch(`/api/runs/${run}/series?most=${most}&keys=${encodeURIComponent([...wait.keys].join(','))}${stretch}`).catch(() => undefined);
      done(response?.ok ? await response.json() : {});
    }, stretch ? 30 : 0));
    waiting.set(run + stretch, wait);
  }
  keys.forEach(key => wait.keys.add(key));
  return wait.answer;
}

// The finer points of a stretch in place of the coarse ones.
export function refined(coarse, fine) {
  if (!fine?.length) return coarse;
  const [first, last] = [fine[0][0], fine.at(-1)[0]];
  return [...coarse.filter(([step]) => step < first), ...fine, ...coarse.filter(([step]) => step > last)];
}
