/** The script of the page. The build makes one text of it: see bundle-programs.ts. */
import type { PipelineReport, Report } from '../report/report.ts';
import { type Headline, headlineOf, type Tone } from '../view/pipeline-words.ts';
import { blockedText, processText } from '../view/process-words.ts';
import { durationText } from '../view/words.ts';
import { byId, KeyedList, setAttribute, setText } from './dom.ts';
import { type Connection, LiveReports } from './live-reports.ts';
import { PipelineCard } from './pipeline-card.ts';

const CONNECTION_TEXTS: Readonly<Record<Connection, string>> = {
  live: 'Live',
  lost: 'No connection',
  paused: 'Paused',
};
const GRAVITY: readonly Tone[] = ['good', 'busy', 'bad'];
const ICON_COLOURS: Readonly<Record<Tone, string>> = { good: '1f9d4c', busy: 'd98a00', bad: 'd2382f' };

const cards = new KeyedList<PipelineReport>(
  byId('pipelines'),
  ({ id }) => String(id),
  (pipeline) => new PipelineCard(pipeline),
);
const states = new Map<number, string>();
let lostAt: number | undefined;
let wasAlarming = false;
let latest = JSON.parse(byId('report').textContent ?? '') as Report;

show(latest);
const live = new LiveReports(
  (report) => {
    latest = report;
    show(report);
  },
  (connection) => {
    setText(byId('connection'), CONNECTION_TEXTS[connection]);
    setAttribute(byId('connection'), 'data-kind', connection);
    lostAt = connection === 'lost' ? (lostAt ?? performance.now()) : undefined;
    showAlarm();
  },
);
const button = byId('pause');
button.addEventListener('click', () => {
  const isPaused = button.ariaPressed !== 'true';
  button.ariaPressed = String(isPaused);
  live.isPaused = isPaused;
});
// Only a lost connection has no report to show how long it has lasted.
setInterval(() => {
  if (lostAt !== undefined) showAlarm();
}, 1_000);

function show(report: Report): void {
  setText(byId('name'), report.name);
  setText(byId('process'), processText(report));
  setText(byId('time'), new Date(report.time).toLocaleTimeString());
  byId('empty').hidden = report.pipelines.length > 0;
  cards.update(report.pipelines);
  tellNews(report);
  showInTab(report);
  showAlarm();
}

/** Shows the worst pipeline in the title and the icon, for those who look at another tab. */
function showInTab({ name, pipelines }: Report): void {
  let worst: (Headline & { readonly signal: string }) | undefined;
  for (const pipeline of pipelines) {
    const headline = headlineOf(pipeline);
    if (GRAVITY.indexOf(headline.tone) > GRAVITY.indexOf(worst?.tone ?? 'good'))
      worst = { ...headline, signal: pipeline.signal };
  }
  document.title = worst === undefined ? `${name} – Spillway` : `${worst.signal}: ${worst.title} – ${name}`;
  setAttribute(document.querySelector('link[rel=icon]') as Element, 'href', iconOf(worst?.tone ?? 'good'));
}

/**
 * That the figures are old, and why. Its text changes each second, so only its beginning and end are read to those who
 * cannot see it.
 */
function showAlarm(): void {
  const text =
    lostAt === undefined
      ? blockedText(latest)
      : `No connection to the process for ${durationText(performance.now() - lostAt)}: it has ended, or cannot be reached. Trying again.`;
  byId('alarm').hidden = text === undefined;
  setText(byId('alarm'), text ?? '');
  document.body.classList.toggle('stale', text !== undefined);
  const isAlarming = text !== undefined;
  if (isAlarming !== wasAlarming)
    setText(
      byId('news'),
      lostAt !== undefined
        ? 'No connection to the process'
        : isAlarming
          ? 'Event loop blocked'
          : 'The process answers again',
    );
  wasAlarming = isAlarming;
}

/** Reads changes of state to those who cannot see them. */
function tellNews({ pipelines }: Report): void {
  const news = pipelines.filter(({ id, metrics }) => states.has(id) && states.get(id) !== metrics.state);
  for (const { id, metrics } of pipelines) states.set(id, metrics.state);
  if (news.length > 0)
    setText(byId('news'), news.map(({ signal, metrics }) => `${signal}: ${metrics.state}`).join(', '));
}

function iconOf(tone: Tone): string {
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#${ICON_COLOURS[tone]}"/><path d="M5 10h7c6 0 5 13 11 13h4" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
