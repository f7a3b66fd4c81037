// A connection to the server's stream for some listeners { run, from, hear(kind, news, from) }; without a run a listener hears of all runs only. Gives back what closes it.
export function feed(listeners) {
  const followers = listeners.filter(one => one.run);
  const source = new EventSource(`/api/stream?${followers.map(one => `run=${encodeURIComponent(one.run)}&from=${one.from}`).join('&')}`);
  const all = (kind, news) => listeners.forEach(one => one.hear(kind, news));
  source.addEventListener('open', () => all('back'));
  source.addEventListener('error', () => all('away'));
  source.addEventListener('runs', event => all('runs', JSON.parse(event.data)));
  for (const kind of ['run', 'reset']) {
    source.addEventListener(kind, event => {
      const news = JSON.parse(event.data);
      const follower = followers[news.place];
      follower.from = event.lastEventId.split(',')[news.place];
      follower.hear(kind, news, follower.from);
    });
  }
  return () => source.close();
}
