// `npm run pages`: lets pages of a real browser be closed, left and offline, with OpenTelemetry's pipeline for spans and with
// Spillway's, and writes what arrived into the README of @spillway/web. Takes four minutes.
import { markdownTable } from '../bench/src/report/markdown-table.ts';
import { startChromium } from '../test/browser/chromium.ts';
import { startCollector } from '../test/collector/src/index.ts';
import { CASES, measureCase, type Pipeline, PIPELINES } from '../test/web/left-page-cases.ts';
import { PageServer } from '../test/web/page-server.ts';
import { writeGeneratedSection } from './generated-section.ts';

const { browser, problem } = await startChromium();
if (browser === undefined) throw new Error(problem);
const collector = await startCollector();
const server = await PageServer.start(collector.url);
const pipelines = Object.keys(PIPELINES) as Pipeline[];

const rows: string[][] = [];
for (const one of CASES) {
  const results: string[] = [];
  for (const pipeline of pipelines) {
    const { delivered, duplicates, requests } = await measureCase(one, pipeline, browser, collector, server);
    const twice = duplicates === 0 ? '' : `, ${duplicates} twice`;
    results.push(`${delivered}${twice} (${requests})`);
    console.log(`${one.name}, ${one.spans} spans, ${PIPELINES[pipeline]}: ${results.at(-1)}`);
  }
  rows.push([one.name, String(one.spans * (one.pages ?? 1)), ...results]);
}
await browser.close();
await server.close();
await collector.close();

const head = ['what happens', 'spans made', ...Object.values(PIPELINES)];
const table = markdownTable([head, ['---', ...head.slice(1).map(() => '--:')], ...rows]);
writeGeneratedSection('packages/web/README.md', 'pages', table);
