// What the modules of live transfers share by name. Sizes and offsets are bytes.

interface ManifestFile { n: number; path: string; size: number; type?: string | null; mtime?: number | null; seal?: number | null }

/** A file the receiver wants: whole blocks kept so far, and later blocks that are only held in memory. */
interface Wanted { n: number; from: number; have?: number[] | null; seal?: number | null }

type Control =
  | { t: 'manifest'; v: number; sealed?: boolean | null; files: ManifestFile[]; more?: boolean | null }
  | { t: 'accept'; files: Wanted[]; more?: boolean | null }
  | { t: 'refuse' | 'done' | 'bye' | 'leaving' | 'beat' }
  | { t: 'end' | 'saved'; n: number; root: string }
  | { t: 'written'; bytes: number; arrived?: number | null }
  | { t: 'again'; n: number; block: number }
  | { t: 'failed'; n: number; code: string; message?: string | null }
  | { t: 'cancel'; reason?: string | null }
  | { t: 'lane'; lane: number; sdp: string }
  | { t: 'candidate'; lane: number; candidate: string; sdpMid?: string | null; sdpMLineIndex?: number | null }
  | { t: 'drop'; lane: number }

/** The way that bytes take: `server` is the road. '' while there is none. */
type Route = '' | 'direct' | 'relayed' | 'server'

/** What the server relays between seats, and says itself. */
interface SignalMessage {
  type: string
  from?: number
  n?: number
  sdp?: string
  try?: number
  restart?: boolean
  moved?: boolean
  nonce?: string
  count?: number
  candidate?: string
  sdpMid?: string | null
  sdpMLineIndex?: number | null
  seat?: number
  here?: boolean
  url?: string
  state?: string
  code?: string
  message?: string
  reason?: string
  webrtc?: boolean
  link?: boolean
  mac?: string
  step?: string
  value?: string
}

/** What the server says of a seat. */
interface SeatMessage extends SignalMessage { seat: number; here: boolean }

interface Welcome {
  type: 'welcome'
  seat: number
  role: 'sender' | 'receiver'
  state: string
  seats: { seat: number; here: boolean }[]
  iceServers: RTCIceServer[]
  expiresAt: number
  link?: string | null
  /** The mailbox's number now. */
  n?: number
}

/** Where the bytes of one received file go. `keeps`: what is written survives a reload of the page. */
interface Sink {
  kind: 'picked' | 'stream' | 'disk' | 'memory' | 'zip'
  keeps: boolean
  /** Bytes in it: not 0 at the start where an earlier page's bytes were kept. */
  written: number
  /** Digests of the whole blocks that an earlier page left in it. */
  digests?: Uint8Array[]
  /** They and their buffer are the sink's from now on. */
  write(bytes: Uint8Array): Promise<void>
  /** Everything is there: hand it to the person. */
  close(): Promise<void>
  /** Give up; nothing that looks complete stays behind. */
  abort(): Promise<void>
  /** Where it keeps: let go of it, for another page to go on with what is written. */
  release?(): Promise<void>
}

interface SinkFile { name: string; size: number; type: string; path: string; mtime?: number }

interface SinkOptions {
  /** A folder that the person picked, or one file to write to. */
  directory?: FileSystemDirectoryHandle
  file?: FileSystemFileHandle
  /** A zip that has been begun for this file and others. */
  archive?: import('./sinks/zip-sink.js').ZipSink
  /** The name (the session's code) under which a sink that keeps looks for what an earlier page left. */
  keepAs?: string
  /** The first rung of the ladder to try. */
  prefer?: 'stream' | 'disk' | 'memory'
}

/**
 * keep: whether one that is opened may hold bytes from before a reload. whole: where all are parts of one thing, resolves when that is saved and rejects
 * when it cannot be; null where each stands alone.
 */
interface Sinks { open(file: SinkFile, signal?: AbortSignal): Promise<Sink>; keep(): boolean; whole(): Promise<void> | null }

type FileState = 'offered' | 'moving' | 'verifying' | 'saved' | 'failed' | 'refused'

/** What a live session has of a file that a link goes on with: where it is not saved, its first `done` bytes in its sink. */
interface HandedOver { path: string; size: number; state: FileState; sink: Sink | null; done: number }

interface FileProgress { n: number; path: string; size: number; mtime?: number; done: number; state: FileState; message: string; code: string }

/** Who gave a transfer up, and why. `fault`: the other side broke the rules, and the reason says how. */
interface Cancelled { by: 'us' | 'other'; reason: string; fault?: boolean }

/** Bytes: done are written at the receiver, arrived are there, in part in blocks that are not whole yet; neither counts what failed. */
interface Progress { done: number; arrived: number; total: number; perFile: FileProgress[] }

interface FileSystemSyncAccessHandle {
  read(buffer: ArrayBufferView, options?: { at: number }): number
  write(buffer: ArrayBufferView, options?: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

interface FileSystemFileHandle {
  createSyncAccessHandle(): Promise<FileSystemSyncAccessHandle>
}
