// The stream of all pages of a browser, in a SharedWorker. Over plain HTTP a browser has six connections for a server: with one stream a page, six pages would let no other load.
import { feed } from './feed.js';

const pages = new Map();
let close;
let timer;

self.onconnect = ({ ports: [port] }) => {
  // A page says what it shows when it comes into sight, and null when it goes out of it. One page that makes room for another changes the connection once.
  port.onmessage = ({ data }) => {
    if (data) pages.set(port, { ...data, hear: (kind, news, from) => port.postMessage({ kind, news, from }) });
    else pages.delete(port);
    clearTimeout(timer);
    timer = setTimeout(connect, data ? 10 : 500);
  };
};

function connect() {
  close?.();
  close = pages.size > 0 ? feed([...pages.values()]) : undefined;
}
