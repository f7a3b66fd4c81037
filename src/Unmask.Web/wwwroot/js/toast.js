// Says something at the edge of the page for a while: text, and a link to follow ({ text, href }) or something to do ({ text, act }).
export function toast(text, link) {
  const note = document.createElement('div');
  note.className = 'toast';
  note.append(Object.assign(document.createElement('span'), { textContent: text }));
  if (link?.act) note.append(Object.assign(document.createElement('button'), { type: 'button', className: 'act', textContent: link.text, onclick: () => { note.remove(); link.act(); } }));
  else if (link) note.append(Object.assign(document.createElement('a'), { href: link.href, textContent: link.text }));
  const close = Object.assign(document.createElement('button'), { type: 'button', textContent: '✕' });
  close.setAttribute('aria-label', 'Dismiss');
  close.onclick = () => note.remove();
  note.append(close);
  document.querySelector('.toasts').append(note);
  setTimeout(() => note.remove(), 9000);
}

// What a failed answer says, as one text: the sentences of its problem details, or its status.
export async function sentences(response) {
  try {
    const details = await response.json();
    return details.problems?.join(' ') ?? details.detail ?? details.title ?? `The server returned status ${response.status}.`;
  } catch {
    return `The server returned status ${response.status}.`;
  }
}
