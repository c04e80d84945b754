// What the modules share by name, and the two vendored globals as far as we use them.

/** A file somebody chose, with its place in the folder it came from. */
interface Chosen { path: string; file: File }

/** Files for a card or a session; inOrder when its rows were made from them, one by one. keys: null where they go plain. */
interface Handover { chosen: Chosen[]; inOrder: boolean; keys: import('./crypto/keys.js').Keys | null; receivers?: number }

/** What a row of the owner's card says about one file of the link; size and offset are bytes of the file itself, sealed or not. */
interface Row { path: string; name: string; size: number; offset: number; url: string; ready: boolean; sealed: boolean }

/** An upload that did not end yet, kept by this browser. Each file is [path, bytes, last modified in ms]. */
interface Unfinished { id: string; ownerUrl: string; expiresAt: number; files: [string, number, number][] }

/** 'missing' is a file that nobody has chosen (again) yet. */
type UploadState = 'missing' | 'queued' | 'uploading' | 'retrying' | 'paused' | 'ready' | 'failed' | 'cancelled'

interface HtmxContext { sourceElement: Element; text?: string; request?: { headers: Record<string, string> }; response?: { status: number; headers: Headers } }
interface HtmxDetail { ctx?: HtmxContext; history?: { type: 'push' | 'replace'; path: string } }

declare const htmx: {
  ajax(verb: string, path: string, options: { source?: Element; target: Element | string; swap: string; replace?: string }): Promise<void>
}

interface TusResponse { getStatus(): number; getBody(): string }
interface TusError extends Error { originalResponse?: TusResponse | null; causingError?: Error | null }
interface TusSource { size: number; slice(start: number, end: number): Promise<{ value: Blob; done: boolean }>; close(): void }
interface TusOptions {
  fileReader?: { openFile(): Promise<TusSource> }
  uploadUrl: string
  chunkSize: number
  retryDelays: number[]
  storeFingerprintForResuming: boolean
  onProgress(sent: number): void
  onSuccess(): void
  onError(error: TusError): void
  onShouldRetry(error: TusError): boolean
}
interface TusUpload { start(): void; abort(): Promise<void> }
interface Tus {
  Upload: {
    new (file: File, options: TusOptions): TusUpload
    terminate(url: string, options: { retryDelays: number[] }): Promise<void>
  }
}

interface Window { tus?: Tus }

// Chromium's pickers, which TypeScript's DOM library does not know.
declare function showDirectoryPicker(options: { mode: 'readwrite' }): Promise<FileSystemDirectoryHandle>
declare function showSaveFilePicker(options: { suggestedName: string }): Promise<FileSystemFileHandle>
