// Telling on the desktop that a run has ended.
import { notifies } from './stream.js';

// Asks the browser where needed; resolves to whether it will be told.
export async function ask(wanted) {
  if (wanted && window.Notification && Notification.permission === 'default') await Notification.requestPermission();
  localStorage.notify = wanted ? 'yes' : 'no';
  return notifies();
}

// One notification for a run, however many pages tell it.
export function tell(run) {
  if (!notifies()) return;
  const body = { succeeded: `Run succeeded, loss ${run.numbers.loss}.`, failed: 'Run failed. The run page shows the cause.', interrupted: 'Run interrupted. Resume the run from its last checkpoint.' }[run.status] ?? `Run ${run.status}.`;
  const note = new Notification(run.name, { tag: `${run.id} ${run.status}`, body });
  note.onclick = () => { window.focus(); location.href = `/runs/${run.id}`; note.close(); };
}
