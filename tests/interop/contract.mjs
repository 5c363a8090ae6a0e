// SPDX-License-Identifier: AGPL-3.0-or-later
// docs/openapi.yaml as something that answers are held against. `watch` wraps fetch: each exchange
// with a ledgerd must be one that the document describes, to the last member and header, and is
// remembered, so that in the end one can ask what was never tried.
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import yaml from 'js-yaml';

export const ROOT = process.env.ROOT ?? '.';
export const DOCUMENT = join(ROOT, 'docs/openapi.yaml');

// What every HTTP answer has, and no document of an API lists.
const FRAMING = [
  'date',
  'content-type',
  'content-length',
  'connection',
  'keep-alive',
  'transfer-encoding',
];

const b64uJson = (text) => JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));

function walk(node, see) {
  if (node !== null && typeof node === 'object') {
    see(node);
    Object.values(node).forEach((child) => walk(child, see));
  }
}

export class Contract {
  seen = new Map(); // "GET /v1/ledger" → set of statuses

  static async load() {
    const contract = new Contract();
    contract.doc = yaml.load(await readFile(DOCUMENT, 'utf8'));
    contract.#compile();
    return contract;
  }

  // --- schemas -----------------------------------------------------------------------------------

  #compile() {
    this.ajv = new Ajv2020({
      strict: true,
      strictTypes: true,
      allErrors: false,
      allowUnionTypes: true,
    });
    addFormats(this.ajv);
    this.ajv.addKeyword('discriminator'); // only tells readers which of the oneOf it is
    this.ajv.removeKeyword('contentSchema');
    this.ajv.addKeyword({
      keyword: 'contentSchema',
      type: 'string',
      errors: false,
      compile: (schema, parent) => (text) => this.#content(schema, parent, text),
    });
    // Twice: as the document has them, for what clients send, and closed, for what is answered:
    // clients may meet members that they don't know, but this ledgerd sends none that aren't listed.
    for (const name of ['open', 'closed']) {
      const schemas = structuredClone(this.doc.components.schemas);
      if (name === 'closed') {
        Object.entries(schemas).forEach(
          ([key, schema]) => key.endsWith('Base') || this.#close(schema),
        );
      }
      walk(schemas, (node) => this.#relocate(node, name));
      this.ajv.addSchema({ $id: name, $defs: schemas });
    }
    // No schema may wait to be compiled until somebody comes by.
    for (const name of Object.keys(this.doc.components.schemas)) {
      this.validator({ $ref: `#/components/schemas/${name}` }, 'open');
      this.validator({ $ref: `#/components/schemas/${name}` }, 'closed');
    }
  }

  #relocate(node, name) {
    if (typeof node.$ref === 'string') {
      node.$ref = node.$ref.replace('#/components/schemas/', `${name}#/$defs/`);
    }
  }

  #close(schema) {
    walk(schema, (node) => {
      if (
        node.properties &&
        typeof node.properties === 'object' &&
        node.additionalProperties === undefined
      ) {
        node.unevaluatedProperties ??= false;
      }
    });
  }

  #content(schema, parent, text) {
    const validate = this.validator(schema);
    if (parent.contentMediaType === 'application/x-ndjson') {
      const lines = text.split('\n').filter((line) => line.trim() !== '');
      return lines.every((line) => validate(JSON.parse(line)));
    }
    const value = parent.contentEncoding === 'base64url' ? b64uJson(text) : JSON.parse(text);
    if (!validate(value)) {
      this.why = `${JSON.stringify(value)}: ${this.ajv.errorsText(validate.errors)}`;
      return false;
    }
    return true;
  }

  #validators = new Map();
  validator(schema, name = null) {
    const copy = structuredClone(schema);
    if (name) {
      if (name === 'closed') {
        this.#close(copy);
      }
      walk(copy, (node) => this.#relocate(node, name));
    }
    const key = JSON.stringify(copy);
    if (!this.#validators.has(key)) {
      this.#validators.set(key, this.ajv.compile(copy));
    }
    return this.#validators.get(key);
  }

  // Throws unless the value is as the schema says.
  hold(value, schema, name, what) {
    const validate = this.validator(schema, name);
    this.why = '';
    if (!validate(value)) {
      const errors = this.ajv.errorsText(validate.errors, { separator: '\n  ' });
      throw new Error(
        `${what}\n  ${errors}\n  ${this.why}\n  ${JSON.stringify(value).slice(0, 2000)}`,
      );
    }
  }

  component(name) {
    return { $ref: `#/components/schemas/${name}` };
  }

  deref(node) {
    return node?.$ref
      ? node.$ref
          .slice(2)
          .split('/')
          .reduce((at, name) => at[name], this.doc)
      : node;
  }

  // --- paths -------------------------------------------------------------------------------------

  // Every operation: {key: 'GET /v1/ledger', path, method, operation, inside, outside}.
  operations() {
    const found = [];
    for (const [path, item] of Object.entries(this.doc.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (
          !['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'].includes(method)
        ) {
          continue;
        }
        const servers = (operation.servers ?? item.servers ?? this.doc.servers).map(
          (server) => server.url,
        );
        found.push({
          key: `${method.toUpperCase()} ${path}`,
          path,
          method: method.toUpperCase(),
          operation,
          parameters: [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((p) =>
            this.deref(p),
          ),
          outside: servers.includes('http://127.0.0.1:7474'),
          inside: servers.includes('http://127.0.0.1:7475'),
        });
      }
    }
    return found;
  }

  find(method, pathname, where) {
    const segments = pathname.split('/');
    const matches = (path) => {
      const pattern = path.split('/');
      return (
        pattern.length === segments.length &&
        pattern.every((s, i) => (s.startsWith('{') ? segments[i] : s === segments[i]))
      );
    };
    const here = this.operations().filter((o) => o[where] && matches(o.path));
    const asked = method === 'HEAD' ? 'GET' : method;
    return { here, operation: here.find((o) => o.method === asked) };
  }

  // What is missing: operations × documented statuses that were never met. "GET /v1/ledger 503".
  unmet() {
    return this.operations().flatMap((o) =>
      Object.keys(o.operation.responses)
        .filter((status) => !this.seen.get(o.key)?.has(status))
        .map((status) => `${o.key} ${status}`),
    );
  }

  // The examples in the document are of the things that they are examples of.
  holdExamples() {
    let n = 0;
    for (const [name, schema] of Object.entries(this.doc.components.schemas)) {
      for (const example of schema.examples ?? []) {
        this.hold(example, this.component(name), 'closed', `an example of ${name}`);
        n++;
      }
    }
    return n;
  }

  unusedComponents() {
    const used = new Set();
    const visit = (node) =>
      walk(node, (n) => {
        if (typeof n.$ref === 'string' && !used.has(n.$ref)) {
          used.add(n.$ref);
          visit(this.deref(n));
        }
      });
    visit(this.doc.paths);
    visit(this.doc.components.securitySchemes);
    return Object.entries(this.doc.components)
      .filter(([kind]) => kind !== 'securitySchemes')
      .flatMap(([kind, all]) => Object.keys(all).map((name) => `#/components/${kind}/${name}`))
      .filter((ref) => !used.has(ref));
  }

  // --- exchanges ---------------------------------------------------------------------------------

  // A fetch that holds every exchange against the document. A request that was accepted must be as
  // documented too; one that was refused need not be.
  // `where` is the listener, outside or inside.
  watch(where) {
    return async (url, options = {}) => {
      const method = options.method ?? 'GET';
      const answer = await fetch(url, options);
      const text = await answer.clone().text();
      const exchange = {
        method,
        url: new URL(url),
        type: new Headers(options.headers).get('content-type'),
        body: options.body,
        status: answer.status,
        headers: answer.headers,
        text,
      };
      await this.exchange(exchange, where);
      return answer;
    };
  }

  async exchange(x, where) {
    const what = `${x.method} ${x.url.pathname}${x.url.search} answered ${x.status}`;
    const { here, operation } = this.find(x.method, x.url.pathname, where);
    if (here.length === 0) {
      this.#holdProblem(x, 'NotFoundProblem', 404, what);
      return;
    }
    // The answer to a method that the path doesn't take is documented with those that it takes.
    for (const o of operation ? [operation] : here) {
      const response = this.deref(o.operation.responses[x.status]);
      if (!response || (!operation && x.status !== 405)) {
        throw new Error(`${what}, which docs/openapi.yaml doesn't know: ${x.text.slice(0, 400)}`);
      }
      this.#holdAnswer(x, response, what);
      if (operation && x.status < 300) {
        this.#holdRequest(x, o, what);
      }
      if (x.method !== 'HEAD') {
        this.seen.set(o.key, (this.seen.get(o.key) ?? new Set()).add(String(x.status)));
      }
    }
  }

  #holdProblem(x, name, status, what) {
    if (x.status !== status) {
      throw new Error(`${what}, not ${status}: ${x.text.slice(0, 400)}`);
    }
    this.#holdAnswer(x, this.deref({ $ref: '#/components/responses/NotFound' }), what);
  }

  #holdAnswer(x, response, what) {
    const type = x.headers.get('content-type')?.split(';')[0];
    const media = response.content?.[type];
    if (!media) {
      throw new Error(`${what} with the media type ${type}, which docs/openapi.yaml doesn't know`);
    }
    if (type !== 'text/html') {
      this.#holdHeaders(x.headers, response.headers ?? {}, what);
    }
    if (x.method === 'HEAD') {
      if (x.text !== '') {
        throw new Error(`${what} with a body`);
      }
      return;
    }
    const json = type === 'application/json' || type === 'application/problem+json';
    if (json && !x.text.endsWith('\n')) {
      throw new Error(`${what} without a line feed at the end`);
    }
    this.hold(json ? JSON.parse(x.text) : x.text, media.schema, 'closed', what);
    if (type === 'application/problem+json' && JSON.parse(x.text).status !== x.status) {
      throw new Error(`${what} with another status in the problem`);
    }
  }

  #holdHeaders(headers, documented, what) {
    const names = new Set(Object.keys(documented).map((name) => name.toLowerCase()));
    for (const name of headers.keys()) {
      if (!names.has(name) && !FRAMING.includes(name)) {
        throw new Error(`${what} with the header ${name}, which docs/openapi.yaml doesn't know`);
      }
    }
    for (const [name, ref] of Object.entries(documented)) {
      const header = this.deref(ref);
      const value = headers.get(name);
      if (value !== null) {
        this.hold(value, header.schema, 'closed', `${what}: header ${name}`);
      } else if (header.required) {
        throw new Error(`${what} without the header ${name}`);
      }
    }
  }

  #holdRequest(x, o, what) {
    const pattern = o.path.split('/');
    const segments = x.url.pathname.split('/').map(decodeURIComponent);
    const query = new Map(x.url.searchParams);
    for (const parameter of o.parameters) {
      const value =
        parameter.in === 'path'
          ? segments[pattern.indexOf(`{${parameter.name}}`)]
          : query.get(parameter.name);
      query.delete(parameter.name);
      if (value === undefined) {
        continue;
      }
      const schema = this.deref(parameter.schema);
      const typed = schema.type === 'integer' ? Number(value) : value;
      this.hold(typed, parameter.schema, 'open', `${what}: parameter ${parameter.name}`);
    }
    if (query.size > 0) {
      throw new Error(
        `${what}: it has parameters that docs/openapi.yaml doesn't know: ${[...query.keys()]}`,
      );
    }
    const media = this.deref(o.operation.requestBody)?.content[x.type?.split(';')[0]];
    if (media) {
      // Of many submissions some were refused; those alone needn't be as documented.
      if (x.type.startsWith('application/x-ndjson')) {
        const lines = x.body.split('\n');
        for (const { line, status } of x.text.trim() === ''
          ? []
          : x.text
              .trimEnd()
              .split('\n')
              .map((l) => JSON.parse(l))) {
          if (status < 300) {
            this.hold(
              JSON.parse(lines[line - 1]),
              this.component('Submission'),
              'open',
              `${what}: line ${line}`,
            );
          }
        }
      } else {
        const body = x.type.startsWith('application/json') ? JSON.parse(x.body) : x.body;
        this.hold(body, media.schema, 'open', `${what}: its body`);
      }
    }
  }
}
