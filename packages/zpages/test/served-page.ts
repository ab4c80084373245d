import { type IncomingHttpHeaders, request } from 'node:http';
import { ExportPipeline, type ItemExporter } from '@spillway/pipeline';
import { onTestFinished } from 'vitest';
import { type PipelineReport, type Report, serveZpages, type Zpages, type ZpagesOptions } from '../src/index.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Serves the page of this process until the end of the test. */
export async function servedPage(
  options: ZpagesOptions = {},
): Promise<{ readonly url: string; readonly page: Zpages }> {
  const page = serveZpages({ port: 0, ...options });
  onTestFinished(() => page.close());
  const url = await page.listening();
  if (url === undefined) throw new Error('the page is not served');
  return { url, page };
}

/** One request, on a connection of its own. */
export function ask(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  { method = 'GET', path }: { readonly method?: string; readonly path?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false, ...(path !== undefined && { path }) }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

export async function reportAt(url: string): Promise<Report> {
  return JSON.parse((await ask(url, { accept: 'application/json' })).body) as Report;
}

/** What the page tells of one pipeline. @throws (rejects) if it tells of none with that name */
export async function reportOf(name: string, url: string): Promise<PipelineReport> {
  const found = (await reportAt(url)).pipelines.find((pipeline) => pipeline.name === name);
  if (found === undefined) throw new Error(`no pipeline ${name}`);
  return found;
}

/** Takes everything, unless it is told otherwise. */
export class ScriptedExporter implements ItemExporter<string> {
  result: { readonly code: number; readonly error?: Error } = { code: 0 };

  export(_: string[], done: (result: { readonly code: number; readonly error?: Error }) => void): void {
    done(this.result);
  }

  async shutdown(): Promise<void> {}
}

/** A pipeline of this process, until the end of the test. */
export function pipelineNamed(
  name: string,
  exporter: ItemExporter<string> = new ScriptedExporter(),
): ExportPipeline<string> {
  const pipeline = new ExportPipeline<string>(
    name,
    'logs',
    exporter,
    { resourceOf: () => undefined },
    {
      maxQueueSize: 100,
      strategy: 'drop_newest',
      scheduledDelayMillis: 10,
    },
  );
  onTestFinished(() => void pipeline.giveUp());
  return pipeline;
}
