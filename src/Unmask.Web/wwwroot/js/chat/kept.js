// The conversation that is open, and the list of those that are kept: name, rename, export, delete.
import { sentences, toast } from '../toast.js';

const change = (id, method, body, tail = '') => fetch(`/api/chats/${id}${tail}`, { method, headers: { 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });

export class Kept {
  // left() is called when the open conversation is deleted.
  constructor(root, left) {
    Object.assign(this, { root, left, find: selector => root.querySelector(selector), id: root.dataset.conversation || null });
    this.dialog = this.find('#rename');
    this.find('[data-rename]').addEventListener('click', () => { this.find('#name').value = this.title; this.dialog.showModal(); this.find('#name').select(); });
    this.dialog.querySelector('form').addEventListener('submit', event => { event.preventDefault(); this.rename(this.find('#name').value); });
    this.find('[data-remove]').addEventListener('click', () => this.remove());
    this.show();
  }

  get title() { return this.find('[data-title]').textContent; }

  // Another conversation is open, or none.
  take(id, name) {
    this.id = id;
    this.find('[data-title]').textContent = name;
    history.replaceState(null, '', id ? `/chat?id=${id}` : '/chat');
    this.show();
  }

  show() {
    this.find('.conversation').hidden = !this.id;
    if (this.id) this.find('[data-export]').href = `/api/chats/${this.id}/messages.jsonl`;
    for (const link of this.root.querySelectorAll('.kept a[data-id]')) { if (link.dataset.id === this.id) link.setAttribute('aria-current', 'page'); else link.removeAttribute('aria-current'); }
  }

  async open() {
    const response = await fetch(`/api/chats/${this.id}`);
    if (!response.ok) throw new Error(response.status === 404 ? 'The conversation does not exist any more; it may have been deleted.' : await sentences(response));
    return response.json();
  }

  // The list as the server has it now.
  async refresh() {
    const text = await (await fetch('/chat', { headers: { accept: 'text/html' } })).text();
    const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('.kept');
    if (fresh) this.find('.kept').replaceWith(document.adoptNode(fresh));
    this.show();
  }

  async rename(name) {
    const response = await change(this.id, 'PATCH', { name });
    if (!response.ok) { toast(await sentences(response)); return; }
    this.dialog.close();
    this.find('[data-title]').textContent = (await response.json()).name;
    await this.refresh();
  }

  async remove() {
    const [id, name] = [this.id, this.title];
    const response = await change(id, 'DELETE');
    if (!response.ok) { toast(await sentences(response)); return; }
    this.take(null, '');
    this.left();
    await this.refresh();
    toast(`“${name}” was deleted.`, { text: 'Undo', act: async () => {
      const back = await change(id, 'POST', undefined, '/restore');
      if (back.ok) location.href = `/chat?id=${id}`; else toast(await sentences(back));
    } });
  }
}
