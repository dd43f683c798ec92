/** The part of `WebSocket` the client needs; a test brings its own. */
export interface Socket {
  send(data: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
}

export type SocketFactory = (url: string, protocols: string[]) => Socket;

export const browserSocket: SocketFactory = (url, protocols) => {
  const socket = new WebSocket(url, protocols);
  // `WebSocket` types its handlers with `this`; the shape is the same.
  return socket as unknown as Socket;
};

/** The realtime address of a server, from its origin. */
export function realtimeUrl(origin: string): string {
  return origin.replace(/^http/, 'ws') + '/api/v1/realtime';
}
