import type { ApiClient } from '../api/client.ts';
import { ApiError } from '../errors.ts';
import type { Attachment } from '../types.ts';

export interface TransferRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: FormData;
  readonly signal: AbortSignal;
  /** The share of the bytes that have left, 0 to 1. */
  readonly onProgress: (share: number) => void;
}

/** Posts a body and tells how far it is. Rejects when there was no answer. */
export type Transfer = (request: TransferRequest) => Promise<Response>;

/** Without a byte moved, or an answer after the last one, for this long, the connection counts as lost. */
const SILENCE_MS = 60_000;

/** By XMLHttpRequest: `fetch` tells nothing of how far an upload is. */
export const xhrTransfer: Transfer = ({ url, headers, body, signal, onProgress }) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout>;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS);
    };
    const stop = () => request.abort();
    request.open('POST', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.onprogress = ({ loaded, total }) => {
      heard();
      if (total > 0) onProgress(loaded / total);
    };
    request.onload = () => resolve(new Response(request.status === 204 ? null : request.responseText, { status: request.status, headers: headersOf(request) }));
    request.onerror = request.onabort = () => reject(new TypeError('no answer'));
    request.onloadend = () => {
      clearTimeout(silence);
      signal.removeEventListener('abort', stop);
    };
    signal.addEventListener('abort', stop);
    heard();
    request.send(body);
  });

function headersOf(request: XMLHttpRequest): Headers {
  const headers = new Headers();
  for (const line of request.getAllResponseHeaders().trim().split(/[\r\n]+/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return headers;
}

export interface UploadOptions {
  /** The same file under the same key is stored once, however often it is sent. */
  readonly key: string;
  readonly signal: AbortSignal;
  readonly onProgress: (share: number) => void;
  readonly transfer: Transfer;
}

/** Uploads one file of a conversation. A 401 renews the token once. Rejects with an `ApiError`. */
export async function uploadFile(api: ApiClient, conversationId: string, file: File, options: UploadOptions): Promise<Attachment> {
  const token = api.tokens?.token() ?? null;
  let answer = await attempt(api, conversationId, file, token, options);
  if (answer.status === 401 && token !== null) {
    const fresh = await api.tokens!.renew(token);
    if (fresh !== null && fresh !== token) answer = await attempt(api, conversationId, file, fresh, options);
  }
  if (!answer.ok) throw await ApiError.from(answer);
  const { items } = (await answer.json().catch(() => ({}))) as { items?: readonly Attachment[] };
  const attachment = items?.[0];
  // A proxy's page, for example.
  if (attachment === undefined) throw new ApiError({ code: 'unreadable', status: answer.status });
  return attachment;
}

async function attempt(api: ApiClient, conversationId: string, file: File, token: string | null, { key, signal, onProgress, transfer }: UploadOptions): Promise<Response> {
  const body = new FormData();
  body.append('file', file, file.name);
  const language = api.language?.();
  const headers = {
    accept: 'application/json',
    'idempotency-key': key,
    ...(language ? { 'accept-language': language } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  try {
    return await transfer({ url: `${api.origin}/api/v1/conversations/${conversationId}/attachments`, headers, body, signal, onProgress });
  } catch (cause) {
    throw ApiError.noAnswer(cause);
  }
}
