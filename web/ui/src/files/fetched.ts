// Getting at a file's bytes: its address is asked for when it is needed, and again when it no longer works.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** Where addresses come from, as the SDK's `Links`. */
export interface FileSource {
  /** Rejects when there is none to be had now. */
  url(id: string, use: 'save' | 'show'): Promise<string>;
  /** The address that was given did not work. */
  forget(id: string, use: 'save' | 'show'): void;
}

export interface FetchedPicture {
  /** Null until it is known. */
  readonly url: string | null;
  /** It cannot be shown. */
  readonly failed: boolean;
  /** The picture did not load from its address. */
  readonly onError: () => void;
}

/** The address of a picture, once it comes near the screen. An address that does not work is asked for once more. */
export function usePicture(source: FileSource, id: string, element: RefObject<Element | null>): FetchedPicture {
  const [near, setNear] = useState(false);
  const [url, setUrl] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);
  const failed = attempt > 1;
  useEffect(() => {
    const watched = element.current;
    if (near || watched === null) return undefined;
    const observer = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && setNear(true), { rootMargin: '300px' });
    observer.observe(watched);
    return () => observer.disconnect();
  }, [near]);
  useEffect(() => {
    if (!near || failed) return undefined;
    let current = true;
    source.url(id, 'show').then(
      (fetched) => current && setUrl(fetched),
      () => current && setAttempt(2),
    );
    return () => {
      current = false;
    };
  }, [source, id, near, attempt]);
  const onError = () => {
    source.forget(id, 'show');
    setUrl(null);
    setAttempt(attempt + 1);
  };
  return { url, failed, onError };
}

/** Has the browser save the file. The address answers as a download, so that no page is left for it. */
export async function download(source: FileSource, file: { readonly id: string; readonly file_name: string }): Promise<void> {
  const url = await source.url(file.id, 'save');
  const link = document.createElement('a');
  link.href = url;
  link.rel = 'noopener';
  // On another origin `download` says nothing; there an error must not take the place of the page.
  if (new URL(url).origin === location.origin) link.download = file.file_name;
  else link.target = '_blank';
  link.click();
}
